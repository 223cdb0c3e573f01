# NOT RUN by wardenloop's own tests. Needs: wardenloop, PowerShell 7. Run: pwsh licence.ps1
$ErrorActionPreference = 'Stop'
$start = [Diagnostics.ProcessStartInfo]::new('wardenloop', 'serve')
$start.RedirectStandardInput = $start.RedirectStandardOutput = $true
$server = [Diagnostics.Process]::Start($start)
try {
    $told = $server.StandardOutput.ReadLine() | ConvertFrom-Json # when everything answers
    $owner = $told.accounts | Where-Object app -eq 'cloud_us' | Select-Object -First 1
    $installation = $told.installations[0].id
    $url = "$($told.cloud_us)/api/organizations/$($told.organizations[0].id)/license?installationId=$installation"
    $licence = Invoke-RestMethod $url -Headers @{ Authorization = "Bearer $($owner.access_token)" }
    if ($licence.installationId -ne $installation -or $licence.seats -ne 10) { throw "another licence: $licence" }
    Invoke-RestMethod "$($told.control)/reset" -Method Post | Out-Null # a clean world for the next test
    'ok'
} finally {
    $server.StandardInput.Close() # it ends with its standard input
    $server.WaitForExit()
}
