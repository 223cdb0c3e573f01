#!/bin/sh
# A shell script against wardenloop. Needs: wardenloop, curl, jq. Run: sh licence.sh
set -eu
told="$(mktemp)"
wardenloop serve --parent $$ >"$told" &
server=$!
trap 'kill $server 2>/dev/null; rm -f "$told"' EXIT
until [ -s "$told" ]; do kill -0 $server; sleep 0.1; done # the first start on a machine takes some seconds

say() { jq -r "$1" "$told"; }
is() { [ "$1" = "$2" ] || { echo "$1 is not $2" >&2; exit 1; }; }
owner='.accounts[] | select(.app == "cloud_us")'
cloud="$(say .cloud_us)"

# signing in as a tool does, with an API key; a token that is ready is in .access_token
token="$(curl -sf "$cloud/identity/connect/token" \
    -d grant_type=client_credentials -d scope=api \
    -d client_id="$(say "$owner | .client_id")" -d client_secret="$(say "$owner | .client_secret")" \
    -d deviceType=25 -d deviceIdentifier=6b1f0b4c-77d0-4c36-9d0e-2f4f6a5b8c11 -d deviceName=ci | jq -r .access_token)"

# the licence file of an organization, for an installation
installation="$(say '.installations[0].id')"
licence="$(curl -sf -H "Authorization: Bearer $token" -G -d installationId="$installation" \
    "$cloud/api/organizations/$(say '.organizations[0].id')/license")"
is "$(echo "$licence" | jq -r .installationId)" "$installation"
is "$(echo "$licence" | jq .seats)" 10

# what can go wrong: the next call of this operation is answered 503
curl -sf -H 'Content-Type: application/json' "$(say .control)/faults" >/dev/null \
    -d '{"app": "cloud-us", "operation": "GET /api/alive", "times": 1, "do": {"status": 503}}'
is "$(curl -s -o /dev/null -w '%{http_code}' "$cloud/api/alive")" 503

curl -sf -X POST "$(say .control)/reset" >/dev/null # a clean world for the next test
echo ok
