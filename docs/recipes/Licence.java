// Java against wardenloop. Needs: wardenloop, Java 17 or newer. Run: java Licence.java
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;

public class Licence {
    /** Java brings no JSON; the first value behind a name will do here, Jackson or Gson in your tests. */
    static String first(String json, String name) {
        var found = Pattern.compile("\"" + name + "\": ?\"?([^\",}]+)").matcher(json);
        if (!found.find()) throw new AssertionError("no " + name + " in " + json);
        return found.group(1);
    }

    public static void main(String[] arguments) throws Exception {
        var server = new ProcessBuilder("wardenloop", "serve").redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var input = server.getOutputStream()) { // it ends with its standard input
            var told = new BufferedReader(new InputStreamReader(server.getInputStream())).readLine();
            var organization = first(told.substring(told.indexOf("\"organizations\"")), "id");
            var installation = first(told.substring(told.indexOf("\"installations\"")), "id");
            var request = HttpRequest.newBuilder(URI.create(first(told, "cloud_us") + "/api/organizations/" + organization
                            + "/license?installationId=" + installation))
                    .header("Authorization", "Bearer " + first(told, "access_token")).build();
            var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) throw new AssertionError(answer.statusCode() + " " + answer.body());
            if (!first(answer.body(), "installationId").equals(installation)) throw new AssertionError(answer.body());
            if (!first(answer.body(), "seats").equals("10")) throw new AssertionError(answer.body());
        }
        System.exit(server.waitFor());
    }
}
