// Go against wardenloop. Needs: wardenloop, Go. Run: go test licence_test.go
package licence

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"testing"
)

type world struct {
	Cloud    string `json:"cloud_us"`
	Accounts []struct {
		Token string `json:"access_token"`
	}
	Organizations, Installations []struct{ ID string }
}

func serve(t *testing.T) (told world) {
	server := exec.Command("wardenloop", "serve")
	input, _ := server.StdinPipe()
	output, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { input.Close(); server.Wait() })            // it ends with its standard input
	if err := json.NewDecoder(output).Decode(&told); err != nil { // when everything answers
		t.Fatal(err)
	}
	return told
}

func TestLicenceIsForTheInstallationThatAsked(t *testing.T) {
	told := serve(t)
	url := told.Cloud + "/api/organizations/" + told.Organizations[0].ID + "/license?installationId=" + told.Installations[0].ID
	request, _ := http.NewRequest("GET", url, nil)
	request.Header.Set("Authorization", "Bearer "+told.Accounts[0].Token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	var licence struct{ InstallationID string }
	if json.NewDecoder(answer.Body).Decode(&licence); licence.InstallationID != told.Installations[0].ID {
		t.Fatal(answer.Status, licence)
	}
}
