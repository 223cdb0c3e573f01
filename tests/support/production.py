"""What stands in the `global.override.env` of a real server: a mail provider, other people's services, a proxy."""

SECRET = "a-real-secret-that-nobody-may-see"
MAIL_HOST = "smtp.mail-provider.example"
PROXY = f"http://proxyuser:{SECRET}@proxy.corp.example:3128"
MAIL_LOGIN = ("globalSettings__mail__smtp__username", "globalSettings__mail__smtp__password")
OTHER_CREDENTIALS = (
    "globalSettings__mail__sendGridApiKey",
    "globalSettings__amazon__accessKeySecret",
    "globalSettings__hibpApiKey",
    "globalSettings__yubico__key",
    "globalSettings__notificationHub__connectionString",
)
ENVIRONMENT = {
    "globalSettings__mail__replyToEmail": "no-reply@corp.example",
    "globalSettings__mail__smtp__host": MAIL_HOST,
    "globalSettings__mail__smtp__port": "465",
    "globalSettings__mail__smtp__ssl": "true",
    "HTTPS_PROXY": PROXY,
    "http_proxy": PROXY,
} | dict.fromkeys((*MAIL_LOGIN, *OTHER_CREDENTIALS), SECRET)
