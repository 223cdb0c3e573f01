"""What tests have in common, in one vocabulary.

In process (`harness`): a **workshop** makes **sides** (one app each, with a client, a clock and the mails it sent); a
**pair** is a cloud and an instance that knows it; a **person** has an account on a side and a client that is signed
in. `shelf` keeps apps for the next test. `visitor` is a browser without scripts, `portal` an administrator, `screen`
finds things on a page, `jobs` has a side look for due jobs, `statements` tells the SQL, `answers` what a test expects
of an answer, `waiting` is patient, `ports` are free. `plugins` are fixtures (`licensing`: a **smith** makes licence
files; `postgres`) and `order`: marks, groups and turns of tests; `probes` have the product mark what tests reach.
Worlds: `scenarios` (steps of the documents), `offers` (sponsorships on a cloud), `sponsorships` (on a pair).

As processes (`stack`): the **command** `wardenloop`, and a **stack** that it runs. `shared` has all workers of a run
use one, and `keeper` ends it with the run. In a browser: `browser` (somebody at Chromium, a witness, and benches to
sit down at), `steps` (what people do again and again), `furnished` (a world where each screen shows something),
`visible`, `accessibility`, `palette`. Real clients: `bw`, `vault`. An app's own document: `openapi`, `operations`.
"""
