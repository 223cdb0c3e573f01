"""The login page as a browser posts it, with and without our scripts: sessions, cookies, forged forms, headers."""

from tests.support.harness import Side, Workshop
from tests.support.visitor import Visitor

NOT_OURS = "This form was not sent from an open page of this server."


def test_login_opens_a_session_and_logout_ends_it(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud)
    fields = {"email": person.email, "masterPasswordHash": person.password_hash}
    answer = visitor.submit("/login?next=/settings/preferences", fields)
    assert (answer.status_code, answer.location) == (303, "/settings/preferences")
    cookie = visitor.client.get_cookie(Visitor.cookie(cloud, "session"))
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    assert visitor.get("/login").location == "/vault"

    answer = visitor.submit("/vault", {}, action="/logout")
    assert answer.location == "/login"
    visitor.client.set_cookie(Visitor.cookie(cloud, "session"), cookie.value)
    assert visitor.get("/login").status_code == 200


def test_a_planted_session_is_not_the_one_after_login(cloud: Side) -> None:
    person, attacker = cloud.sign_up("ann@example.com"), cloud.sign_up("eve@example.com")
    planted = Visitor(cloud).log_in(attacker).client.get_cookie(Visitor.cookie(cloud, "session")).value
    visitor = Visitor(cloud)
    visitor.client.set_cookie(Visitor.cookie(cloud, "session"), planted)
    visitor.submit("/vault", {}, action="/logout")
    visitor.client.set_cookie(Visitor.cookie(cloud, "session"), planted)
    visitor.log_in(person)
    assert visitor.client.get_cookie(Visitor.cookie(cloud, "session")).value != planted
    other = Visitor(cloud)
    other.client.set_cookie(Visitor.cookie(cloud, "session"), planted)
    assert other.get("/vault").location.startswith("/login")


def test_a_wrong_password_says_so_and_signs_nobody_in(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud)
    answer = visitor.submit("/login", {"email": person.email, "masterPasswordHash": "d3Jvbmc="})
    assert answer.status_code == 400
    assert "Username or password is incorrect. Try again." in answer.text
    assert visitor.client.get_cookie(Visitor.cookie(cloud, "session")) is None


def test_a_form_from_elsewhere_is_refused(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud)
    fields = {"email": person.email, "masterPasswordHash": person.password_hash}
    no_token = visitor.client.post("/login", data=fields)
    assert (no_token.status_code, NOT_OURS in no_token.text) == (400, True)

    visitor.get("/login")
    visitor.client.delete_cookie(Visitor.cookie(cloud, "form"))
    token = cloud.app.extensions["wardenloop"].protector.protect("Form", {"secret": "another", "subject": None})
    visitor.client.set_cookie(Visitor.cookie(cloud, "form"), "mine")
    foreign = visitor.client.post("/login", data=fields | {"__RequestVerificationToken": token})
    assert (foreign.status_code, NOT_OURS in foreign.text) == (400, True)


def test_a_changed_security_stamp_signs_every_browser_out(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud).log_in(person)
    assert visitor.get("/login").status_code == 303
    proof = {"masterPasswordHash": person.password_hash}
    assert person.api.post("/api/accounts/security-stamp", json=proof).status_code == 200
    assert visitor.get("/login").status_code == 200


def test_a_login_never_leads_to_another_server(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    fields = {"email": person.email, "masterPasswordHash": person.password_hash, "next": "//evil.example/"}
    assert Visitor(cloud).submit("/login", fields).location == "/vault"


def test_a_script_is_told_where_to_go_and_what_was_wrong(cloud: Side) -> None:
    person = cloud.sign_up("ann@example.com")
    visitor = Visitor(cloud, "zh-CN")
    fields = {"email": person.email, "masterPasswordHash": "d3Jvbmc="}
    wrong = visitor.submit("/login", fields, script=True)
    assert wrong.status_code == 400
    assert wrong.json["message"] == "Username or password is incorrect. Try again."
    assert wrong.json["gloss"] == "用户名或密码不正确。请重试。"
    assert wrong.json["fields"] == {"masterPasswordHash": ["用户名或密码不正确。请重试。"]}
    right = visitor.submit("/login", fields | {"masterPasswordHash": person.password_hash}, script=True)
    assert right.json["location"] == "/vault"
    assert right.json["keys"]["key"].startswith("2.")


def test_pages_carry_strict_headers(cloud: Side) -> None:
    headers = Visitor(cloud).get("/login").headers
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["X-Frame-Options"], headers["Referrer-Policy"]) == ("DENY", "no-referrer")


def test_people_get_a_page_for_what_is_not_there_and_clients_the_bare_status(cloud: Side) -> None:
    browser = cloud.app.test_client()
    person = browser.get("/no-such-page", headers={"Accept": "text/html", "Accept-Language": "zh"})
    assert (person.status_code, "没有这个页面。" in person.text) == (404, True)
    assert browser.get("/no-such-page").data == b""
    assert browser.get("/api/no-such-route", headers={"Accept": "text/html"}).data == b""


def test_a_nul_is_refused_wherever_it_stands(cloud: Side) -> None:
    visitor = Visitor(cloud)
    answer = visitor.submit("/login", {"email": "a\0b@example.com", "masterPasswordHash": "d3Jvbmc="})
    assert (answer.status_code, "U+0000" in answer.text) == (400, True)
    assert visitor.get("/login?email=a%00b").status_code == 400


def test_two_stacks_on_one_host_do_not_sign_each_other_out(workshop: Workshop) -> None:
    one, other = workshop.cloud(base_url="http://127.0.0.1:8401"), workshop.cloud(base_url="http://127.0.0.1:9401")
    names = {Visitor.cookie(side, "session") for side in (one, other)}
    assert len(names) == 2
    assert all(name.startswith("wardenloop_") and name.endswith("_us_session") for name in names)
