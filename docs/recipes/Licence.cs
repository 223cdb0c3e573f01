// NOT RUN by wardenloop's own tests. Needs: wardenloop, .NET 8 (a console project with this file). Run: dotnet run
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

using var server = Process.Start(new ProcessStartInfo("wardenloop", "serve")
{
    RedirectStandardInput = true,
    RedirectStandardOutput = true,
})!;
try
{
    var told = JsonDocument.Parse(server.StandardOutput.ReadLine()!).RootElement; // when everything answers
    var owner = told.GetProperty("accounts").EnumerateArray().First(each => each.GetProperty("app").GetString() == "cloud_us");
    var organization = told.GetProperty("organizations")[0].GetProperty("id").GetString();
    var installation = told.GetProperty("installations")[0].GetProperty("id").GetString();

    using var client = new HttpClient { BaseAddress = new Uri(told.GetProperty("cloud_us").GetString()!) };
    client.DefaultRequestHeaders.Authorization =
        new AuthenticationHeaderValue("Bearer", owner.GetProperty("access_token").GetString());
    var text = await client.GetStringAsync($"/api/organizations/{organization}/license?installationId={installation}");
    var licence = JsonDocument.Parse(text).RootElement;
    if (licence.GetProperty("installationId").GetString() != installation || licence.GetProperty("seats").GetInt32() != 10)
        throw new InvalidOperationException($"another licence: {text}");
    Console.WriteLine("ok");
}
finally
{
    server.StandardInput.Close(); // it ends with its standard input
    server.WaitForExit();
}
