/**
 * The kinds of objects and their fields, by the names of Unified CM's AXL schema. Lengths, ranges, what is mandatory and
 * what a field is without being given are the schema's.
 */
import { boolean, group, integer, type Kind, list, oneOf, reference, secret, text } from './field.ts';
import type { KindName } from './object.ts';

const LDAP_SCHEDULE_UNITS = ['HOUR', 'DAY', 'WEEK', 'MONTH'];
export const VOICE_ROLE = 'CUCM Voice/Video';
export const PRESENCE_ROLE = 'CUCM IM and Presence';
const UC_SERVICE_TYPES = [
  'Voicemail',
  'MailStore',
  'Conferencing',
  'Directory',
  'IM and Presence',
  'CTI',
  'Video Conference Scheduling Portal',
  'Jabber Client Configuration (jabber-config.xml)',
];
const MRA_POLICIES = ['No Service', 'IM & Presence only', 'IM & Presence, Voice and Video calls'];
const MAX_PHONE_LINES = 200;

const found = { searchable: true } as const;
const keyOf = (maxLength: number) => text(maxLength, { key: true, required: true, searchable: true });
const description = text(255, found);

const user: Kind = {
  tag: 'user',
  key: 'userid',
  within: [],
  fields: {
    firstName: text(64, found),
    displayName: text(128, found),
    middleName: text(64, found),
    lastName: text(64, { required: true, searchable: true }),
    emMaxLoginTime: integer(0, 10_079),
    userid: keyOf(128),
    password: secret(128),
    pin: secret(128),
    mailid: text(255, found),
    department: text(64, found),
    manager: text(128),
    userLocale: text(50),
    associatedDevices: list('device', reference('Phone', 'free')),
    primaryExtension: group({ pattern: text(50, { required: true }), routePartitionName: text(50) }),
    associatedPc: text(50),
    associatedGroups: list('userGroup', reference('UserGroup', 'free')),
    enableCti: boolean(true),
    digestCredentials: secret(128),
    phoneProfiles: list('profileName', text(50)),
    defaultProfile: text(50),
    presenceGroupName: reference('PresenceGroup', 'refuse', { required: true }),
    subscribeCallingSearchSpaceName: text(128),
    enableMobility: boolean(false),
    enableMobileVoiceAccess: boolean(false),
    maxDeskPickupWaitTime: integer(0, 30_000, { default: 10_000 }),
    remoteDestinationLimit: integer(1, 10, { default: 4 }),
    associatedRemoteDestinationProfiles: list('remoteDestinationProfile', text(50)),
    status: integer(0, 9, { default: 1, searchable: true }),
    enableEmcc: boolean(false),
    associatedCapfProfiles: list('capfProfileInstanceId', text(128)),
    ctiControlledDeviceProfiles: list('profileName', text(50)),
    patternPrecedence: text(64),
    numericUserId: text(64),
    mlppPassword: secret(128),
    homeCluster: boolean(true, found),
    imAndPresenceEnable: boolean(false, found),
    serviceProfile: reference('ServiceProfile', 'refuse'),
    lineAppearanceAssociationForPresences: list(
      'lineAppearanceAssociationForPresence',
      group({
        laapAssociate: boolean(),
        laapProductType: text(128),
        laapDeviceName: text(128),
        laapDirectory: text(50),
        laapPartition: text(50),
        laapDescription: text(255),
      }),
      1000,
      { readOnly: true },
    ),
    directoryUri: text(255, found),
    telephoneNumber: text(64, found),
    title: text(64, found),
    mobileNumber: text(64),
    homeNumber: text(64),
    pagerNumber: text(64),
    selfService: text(50),
    userProfile: reference('UserProfileProvision', 'refuse'),
    calendarPresence: boolean(false),
    ldapDirectoryName: reference('LdapDirectory', 'free'),
    userIdentity: text(255),
    nameDialing: text(128),
    ipccExtension: text(50),
    ipccRoutePartition: text(50),
    enableUserToHostConferenceNow: boolean(false),
    attendeesAccessCode: text(64),
    zeroHop: boolean(false),
    customerName: text(128, found),
  },
};

const appUser: Kind = {
  tag: 'appUser',
  key: 'userid',
  within: [],
  fields: {
    userid: keyOf(50),
    password: secret(128),
    digestCredentials: secret(128),
    presenceGroupName: reference('PresenceGroup', 'refuse', { required: true }),
    acceptPresenceSubscription: boolean(false),
    acceptOutOfDialogRefer: boolean(false),
    acceptUnsolicitedNotification: boolean(false),
    allowReplaceHeader: boolean(false),
    associatedDevices: list('device', reference('Phone', 'free')),
    associatedGroups: list('userGroup', reference('UserGroup', 'free')),
  },
};

const userGroup: Kind = {
  tag: 'userGroup',
  key: 'name',
  within: [],
  fields: { name: keyOf(100), userRoles: list('userRole', reference('UserRole', 'refuse')) },
};

const userRole: Kind = {
  tag: 'userRole',
  key: 'name',
  within: [],
  fields: { name: keyOf(100), description },
};

const featureGroupTemplate: Kind = {
  tag: 'featureGroupTemplate',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(64),
    description,
    homeCluster: boolean(true),
    imAndUcPresenceEnable: boolean(false),
    serviceProfile: reference('ServiceProfile', 'refuse'),
    enableUserToHostConferenceNow: boolean(false),
    allowCTIControl: boolean(true),
    enableEMCC: boolean(false),
    enableMobility: boolean(false),
    enableMobileVoiceAccess: boolean(false),
    maxDeskPickupWait: integer(0, 30_000, { required: true }),
    remoteDestinationLimit: integer(1, 10, { required: true }),
    BLFPresenceGp: reference('PresenceGroup', 'refuse', { required: true }),
    subscribeCallingSearch: text(128),
    userLocale: text(50),
    userProfile: reference('UserProfileProvision', 'refuse'),
    meetingInformation: boolean(false),
  },
};

const serviceProfile: Kind = {
  tag: 'serviceProfile',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(100),
    description,
    isDefault: boolean(false, found),
    serviceProfileInfos: list(
      'serviceProfileInfo',
      group({
        profileName: text(128, { required: true }),
        primary: reference('UcService', 'refuse'),
        secondary: reference('UcService', 'refuse'),
        tertiary: reference('UcService', 'refuse'),
        serverCertificateVerification: text(64),
      }),
      50,
    ),
  },
};

const ucService: Kind = {
  tag: 'ucService',
  key: 'name',
  within: [],
  fields: {
    serviceType: oneOf(UC_SERVICE_TYPES, { required: true, searchable: true }),
    productType: text(128, { required: true }),
    name: keyOf(100),
    description,
    hostnameorip: text(255),
    port: integer(1, 65_535),
    protocol: text(64),
  },
};

const processNode: Kind = {
  tag: 'processNode',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(255),
    description,
    mac: text(17),
    ipv6Name: text(255),
    nodeUsage: oneOf(['Publisher', 'Subscriber'], { default: 'Subscriber', searchable: true }),
    lbmHubGroup: text(50),
    processNodeRole: oneOf([VOICE_ROLE, PRESENCE_ROLE], { default: VOICE_ROLE, searchable: true }),
    cupDomain: text(255),
  },
};

const applicationServer: Kind = {
  tag: 'applicationServer',
  key: 'name',
  within: [],
  fields: {
    appServerType: text(128, { required: true, searchable: true }),
    name: keyOf(128),
    ipAddress: text(255),
    url: text(2048),
    endUserUrl: text(2048),
    processNodeName: reference('ProcessNode', 'free'),
    appUsers: list('appUser', reference('AppUser', 'free')),
    endUsers: list('endUser', reference('User', 'free')),
  },
};

const presenceGroup: Kind = {
  tag: 'presenceGroup',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(50),
    description,
    presenceGroups: list(
      'presenceGroup',
      group({
        presenceGroupName: reference('PresenceGroup', 'free', { required: true }),
        subscriptionPermission: text(64),
      }),
    ),
  },
};

const presenceRedundancyGroup: Kind = {
  tag: 'presenceRedundancyGroup',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(128),
    description,
    server1: reference('ProcessNode', 'refuse', { required: true }),
    server2: reference('ProcessNode', 'refuse'),
    haEnabled: boolean(false),
    numUsers: integer(0, Number.MAX_SAFE_INTEGER, { readOnly: true }),
  },
};

const phone: Kind = {
  tag: 'phone',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(128),
    description,
    product: text(128, { required: true, searchable: true }),
    model: text(128),
    class: text(64, { default: 'Phone' }),
    protocol: text(64, found),
    protocolSide: text(64, { default: 'User' }),
    callingSearchSpaceName: text(128, found),
    subscribeCallingSearchSpaceName: text(128),
    devicePoolName: text(128, found),
    locationName: text(128),
    presenceGroupName: reference('PresenceGroup', 'refuse'),
    enableExtensionMobility: boolean(false),
    ownerUserName: reference('User', 'free'),
    lines: list(
      'line',
      group({
        index: integer(1, MAX_PHONE_LINES),
        label: text(64),
        display: text(64),
        e164Mask: text(64),
        dirn: reference('Line', 'free', { required: true }),
        associatedEndusers: list('enduser', reference('User', 'free'), 5),
      }),
      MAX_PHONE_LINES,
    ),
  },
};

const line: Kind = {
  tag: 'line',
  key: 'pattern',
  within: ['routePartitionName'],
  fields: {
    pattern: keyOf(50),
    description,
    usage: text(64, { default: 'Device', searchable: true }),
    routePartitionName: text(50, found),
    alertingName: text(64),
    asciiAlertingName: text(64),
    presenceGroupName: reference('PresenceGroup', 'refuse'),
    shareLineAppearanceCssName: text(128),
    voiceMailProfileName: text(128),
    directoryURIs: list(
      'directoryUri',
      group({
        isPrimary: boolean(),
        uri: text(255, { required: true }),
        partition: text(50),
        advertiseGloballyViaIls: boolean(),
      }),
      5,
    ),
    associatedDevices: list('device', reference('Phone', 'free'), 1000, { readOnly: true }),
  },
};

const ldapDirectory: Kind = {
  tag: 'ldapDirectory',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(128),
    ldapDn: text(255, { required: true, searchable: true }),
    ldapPassword: secret(128),
    userSearchBase: text(255, { required: true, searchable: true }),
    repeatable: boolean(false),
    intervalValue: integer(1, 1000),
    scheduleUnit: oneOf(LDAP_SCHEDULE_UNITS),
    nextExecTime: text(64),
    servers: list(
      'server',
      group({
        hostName: text(255, { required: true }),
        ldapPortNumber: integer(1, 65_535),
        sslEnabled: boolean(),
      }),
      3,
    ),
    middleName: text(128),
    phoneNumber: text(128),
    mailId: text(128),
    userId: text(128),
    managerId: text(128),
    firstName: text(128),
    lastName: text(128),
    department: text(128),
    directoryUri: text(128),
    ldapFilter: text(1024),
    synchronize: text(64),
    ldapFilterForGroups: text(1024),
    featureGroupTemplate: reference('FeatureGroupTemplate', 'refuse'),
    applyMask: boolean(false),
    mask: text(64),
    accessControlGroupInfo: list('accessControlGroupName', reference('UserGroup', 'free')),
  },
};

const userProfileProvision: Kind = {
  tag: 'userProfileProvision',
  key: 'name',
  within: [],
  fields: {
    name: keyOf(128),
    description,
    deskPhones: text(128),
    mobileDevices: text(128),
    profile: text(128),
    universalLineTemplate: text(128),
    allowProvision: boolean(false),
    limitProvision: integer(0, 1000),
    allowPhoneReassign: boolean(false),
    defaultUserProfile: text(64),
    allowProvisionEMMaxLoginTime: boolean(false),
    enableMra: boolean(true),
    mraPolicy_Desktop: oneOf(MRA_POLICIES),
    mraPolicy_Mobile: oneOf(MRA_POLICIES),
  },
};

const serviceParameter: Kind = {
  tag: 'serviceParameter',
  key: 'name',
  within: ['processNodeName', 'service'],
  fields: {
    processNodeName: text(255, { required: true, searchable: true }),
    service: text(128, { required: true, searchable: true }),
    name: keyOf(128),
    value: text(4096),
    valueType: text(64),
  },
};

export const kinds: Readonly<Record<KindName, Kind>> = {
  User: user,
  AppUser: appUser,
  UserGroup: userGroup,
  UserRole: userRole,
  FeatureGroupTemplate: featureGroupTemplate,
  ServiceProfile: serviceProfile,
  UcService: ucService,
  ProcessNode: processNode,
  ApplicationServer: applicationServer,
  PresenceGroup: presenceGroup,
  PresenceRedundancyGroup: presenceRedundancyGroup,
  Phone: phone,
  Line: line,
  LdapDirectory: ldapDirectory,
  UserProfileProvision: userProfileProvision,
  ServiceParameter: serviceParameter,
};
