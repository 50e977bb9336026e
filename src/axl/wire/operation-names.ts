/**
 * The operations that the vendor's schemas have, in all versions together: verbs, and what they are said of. Who asks for one
 * of them that is not served is told so by AXL; of others AXL knows nothing.
 */
const OPERATIONS: Readonly<Record<string, string>> = {
  'add get list remove update':
    'AarGroup AdvertisedPatterns Announcement AppUser ApplicationDialRules ApplicationServer ' +
    'ApplicationUserCapfProfile AudioCodecPreferenceList BillingServer BlockedLearnedPatterns CCAProfiles ' +
    'CallPark CallPickupGroup CalledPartyTransformationPattern CallerFilterList ' +
    'CallingPartyTransformationPattern CcdAdvertisingService CcdHostedDN CcdHostedDNGroup CmcInfo ConferenceNow ' +
    'CredentialPolicy Css CumaServerSecurityProfile CustomUserField Customer DefaultDeviceProfile DeviceMobility ' +
    'DeviceMobilityGroup DeviceProfile DhcpServer DhcpSubnet DirNumberAliasLookupandSync ' +
    'DirectoryLookupDialRules ElinGroup EndUserCapfProfile EnterpriseFeatureAccessConfiguration ' +
    'ExpresswayCConfiguration ExternalCallControlProfile FacInfo FallbackProfile FeatureControlPolicy ' +
    'FeatureGroupTemplate GeoLocation GeoLocationFilter GeoLocationPolicy HuntPilot ImeClient ' +
    'ImeE164Transformation ImeEnrolledPattern ImeEnrolledPatternGroup ImeExclusionNumber ImeExclusionNumberGroup ' +
    'ImeFirewall ImeRouteFilterElement ImeRouteFilterGroup ImeServer ImportedDirectoryUriCatalogs ' +
    'InfrastructureDevice IpPhoneServices IvrUserLocale LbmGroup LbmHubGroup LdapDirectory LdapFilter ' +
    'LdapSyncCustomField LineGroup LocalRouteGroup Location MediaResourceGroup MediaResourceList MeetMe ' +
    'MessageWaiting MlppDomain MobilityProfile MraServiceDomain NetworkAccessProfile PhoneNtp PhysicalLocation ' +
    'PresenceGroup PresenceRedundancyGroup ProcessNode RecordingProfile RemoteCluster RemoteDestination ' +
    'RemoteDestinationProfile RouteFilter RouteGroup RoutePattern SIPNormalizationScript ' +
    'SafCcdPurgeBlockLearnedRoutes SafForwarder SafSecurityProfile SdpTransparencyProfile ServiceProfile ' +
    'SipDialRules SipRealm SipRoutePattern TimePeriod TimeSchedule TodAccess TransPattern TransformationProfile ' +
    'UniversalDeviceTemplate UniversalLineTemplate User UserGroup UserProfileProvision VohServer VoiceMailPilot ' +
    'VpnGateway VpnGroup VpnProfile WLANProfile WifiHotspot WirelessAccessPointControllers WlanProfileGroup ',
  do:
    'AuthenticateUser ChangeDNDStatus DeviceLogin DeviceLogout DeviceReset EnterpriseParametersReset LdapSync ' +
    'NotificationAck NotificationObject NotificationRegister NotificationUnregister ServiceParametersReset ' +
    'SmartEntitlementRequest SmartLicenseDeRegister SmartLicenseReRegister SmartLicenseRegister ' +
    'SmartLicenseRenewAuthorization SmartLicenseRenewRegistration UpdateLicenseUsage UpdateRemoteCluster ' +
    'UpdateTransportSettings ',
  'add apply get list remove reset restart update':
    'CiscoCatalyst600024PortFXSGateway CiscoCatalyst6000E1VoIPGateway CiscoCatalyst6000T1VoIPGatewayPri ' +
    'CiscoCatalyst6000T1VoIPGatewayT1 ConferenceBridge CtiRoutePoint DevicePool Gatekeeper Gateway H323Gateway ' +
    'H323Phone Line Mtp ResourcePriorityNamespace ResourcePriorityNamespaceList Srst UcService VoiceMailPort ' +
    'VoiceMailProfile ',
  'get update':
    'CcdFeatureConfig CredentialPolicyDefault EmccFeatureConfig EnterprisePhoneConfig FallbackFeatureConfig ' +
    'FixedMohAudioSource IlsConfig ImeFeatureConfig InterClusterServiceProfile LdapAuthentication LdapSystem ' +
    'PageLayoutPreferences SNMPMIB2List SecureConfig SoftKeySet SyslogConfiguration ',
  get:
    'AuthzKey CCMVersion DeviceProfileOptions LdapSyncStatus LicenseUnitReport LineOptions NotificationChanges ' +
    'NotificationStatus NumDevices OSVersion PhoneOptions PhoneTypeDisplayInstance SipProfileOptions ' +
    'SmartLicenseStatus TransPatternOptions TransportSettings ',
  'add get remove update':
    'AppServerInfo CcdRequestingService GatewayEndpointAnalogAccess GatewayEndpointDigitalAccessBri ' +
    'GatewayEndpointDigitalAccessPri GatewayEndpointDigitalAccessT1 GatewaySccpEndpoints HandoffConfiguration ' +
    'HttpProfile MobileVoiceAccess SNMPCommunityString SNMPUser ',
  'add apply get list remove reset update':
    'CallManagerGroup CommonDeviceConfig CommonPhoneConfig DateTimeGroup DirectedCallPark HuntList ' +
    'PhoneSecurityProfile RouteList SipTrunkSecurityProfile Transcoder ',
  'get list update':
    'Annunciator DeviceDefaults InteractiveVoiceResponse LdapSearch LicenseCapabilities MohServer ' +
    'ProcessNodeService ServiceParameter TvsCertificate ',
  list:
    'AssignedPresenceServers AssignedPresenceUsers AuthzKeys Change RoutePlan UnassignedDevice ' +
    'UnassignedPresenceServers UnassignedPresenceUsers ',
  'get list': 'Ddi DialPlan DialPlanTag LicensedUser MobileSmartClientProfile RegistrationDynamic ',
  'add apply get list remove restart update': 'PhoneButtonTemplate Region RoutePartition SipProfile SoftKeyTemplate ',
  update: 'AarGroupMatrix InterClusterDirectoryUri RegionMatrix RoutePartitionsForLearnedPatterns SelfProvisioning ',
  'add remove': 'ApplicationToSoftkeyTemplate GatewaySubunits UnitsToGateway ',
  execute: 'SQLQuery SQLQueryInactive SQLUpdate ',
  'add list remove': 'CalledPartyTracing PhoneActivationCode ',
  'add get list remove reset restart update': 'H323Trunk SipTrunk ',
  'reset restart': 'EnterpriseParameters ',
  'apply get list reset restart update': 'CallManager ',
  'get remove update': 'ImeLearnedRoutes ',
  'add apply get list lock remove reset restart update wipe': 'Phone ',
  'assign unassign': 'PresenceUser ',
  'list update': 'CiscoCloudOnboarding ',
  add: 'UserPhoneAssociation ',
  'add get update': 'Mobility ',
  'get list remove update': 'MohAudioSource ',
  'add get remove reset restart update': 'Vg224 ',
  apply: 'ConfigEnterpriseParameters ',
};

const names: ReadonlySet<string> = new Set(
  Object.entries(OPERATIONS).flatMap(([verbs, stems]) =>
    verbs.split(' ').flatMap((verb) =>
      stems
        .trim()
        .split(' ')
        .map((stem) => `${verb}${stem}`),
    ),
  ),
);

export function isKnownOperation(name: string): boolean {
  return names.has(name);
}
