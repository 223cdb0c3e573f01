"""Names of the settings that a server reads, to find those that are misspelt.

Source: src/Core/Settings/GlobalSettings.cs; fidelity.md: deployment.settings.
"""

BRANCHES = tuple(
    """
    amazon appleIap attachment baseServiceUri bitPay braintree communication dataProtection databaseProvider
    deviceLastActivityCacheTtlHours developmentDirectory disableEmailNewDevice disableUserRegistration
    distributedCache distributedIpRateLimiting domainVerification duo enableCloudCommunication
    enableEmailVerification enableNewDeviceVerification eventGridKey eventLogging events fido2 hibpApiKey
    identityServer importCiphersLimitation installation internalIdentityKey kdfDefaultHashKey knownNetworks
    knownProxies launchDarkly licenseCertificatePassword licenseCertificatePath licenseDirectory liteDeployment
    logDirectory logDirectoryByProject logRollBySizeLimit mail mailTemplateDirectory mySql notificationHubPool
    notifications oidcIdentityClientKey organizationInviteExpirationHours organizationReport passwordlessAuth
    postgreSql pricingUri projectName pushRelayBaseUri salesAssistedRegistrationTokenLifetimeDays selfHosted send
    sendAccessTokenLifetimeInMinutes sendDefaultHashKey serviceBus siteName slack sqlServer sqlite sso storage
    stripe suppressOnboardingInterstitials syslog teams testPlayIdTrackingEnabled
    twoFactorUserVerificationTokenLifetimeInMinutes webAuthn webPush yubico
    """.split()  # noqa: SIM905 - a table
)
"""What may follow `globalSettings__`."""

STRICT = frozenset({"installation", "baseserviceuri", "mail"})
"""Branches whose members are all below."""

LEAVES = tuple(
    """
    enableCloudCommunication disableUserRegistration enableEmailVerification enableNewDeviceVerification selfHosted
    liteDeployment pushRelayBaseUri hibpApiKey licenseDirectory logDirectory
    installation__id installation__key installation__apiUri installation__identityUri
    baseServiceUri__vault baseServiceUri__api baseServiceUri__identity baseServiceUri__admin baseServiceUri__cloudRegion
    baseServiceUri__notifications baseServiceUri__sso baseServiceUri__scim baseServiceUri__internalNotifications
    baseServiceUri__internalAdmin baseServiceUri__internalIdentity baseServiceUri__internalApi
    baseServiceUri__internalVault baseServiceUri__internalSso baseServiceUri__internalScim
    baseServiceUri__internalBilling
    mail__connectionString mail__replyToEmail mail__amazonConfigSetName mail__sendGridApiKey mail__sendGridPercentage
    mail__sendGridApiHost mail__smtp__host mail__smtp__port mail__smtp__startTls mail__smtp__ssl
    mail__smtp__sslOverride mail__smtp__username mail__smtp__password mail__smtp__trustServer
    """.split()  # noqa: SIM905 - a table
)
"""Whole names, as far as they matter here."""
