/**
 * What AXL's schemas say: per kind of object its wrapper, its children in order for get and list, and what a list may be
 * searched by; per operation the versions that have it. Data only. The versions 11.0 to 15.0 are held against the
 * vendor's schema files by a test.
 */
import type { KindName } from '#directory/object.ts';
import { readShapes, type Shape, type Version } from './notation.ts';

export interface KindSchema {
  readonly kind: KindName;
  /** The element around an object: `user` in addUser and getUserResponse. */
  readonly wrapper: string;
  /** The key that selects an object, beside uuid; its new value goes in `rename` in an update. */
  readonly key: string;
  readonly rename: string;
  readonly get: readonly Shape[];
  readonly list: readonly Shape[];
  readonly criteria: readonly Shape[];
  readonly verbs: readonly Verb[];
  readonly from: Version;
}

export type Verb = 'add' | 'get' | 'update' | 'remove' | 'list';
const ALL_VERBS: readonly Verb[] = ['add', 'get', 'update', 'remove', 'list'];

interface Written {
  key?: string;
  rename?: string;
  get: string;
  list: string;
  criteria: string;
  verbs?: readonly Verb[];
  from?: Version;
}

const USER_GROUPS = 'associatedGroups(userGroup*(name userRoles(userRole*)))';

const WRITTEN: Partial<Record<KindName, Written>> = {
  User: {
    key: 'userid',
    rename: 'newUserid',
    get:
      'firstName displayName[11.0-] middleName lastName emMaxLoginTime[12.5-] userid password pin telephoneNumber[-9.1] ' +
      'mailid department manager userLocale associatedDevices(device*) primaryExtension(pattern routePartitionName) ' +
      `associatedPc ${USER_GROUPS} enableCti digestCredentials phoneProfiles(profileName*) defaultProfile ` +
      'presenceGroupName subscribeCallingSearchSpaceName enableMobility enableMobileVoiceAccess maxDeskPickupWaitTime ' +
      'remoteDestinationLimit associatedRemoteDestinationProfiles(remoteDestinationProfile*) status enableEmcc ' +
      'associatedCapfProfiles(capfProfileInstanceId*) ctiControlledDeviceProfiles(profileName*) patternPrecedence[9.0-] numericUserId[9.0-] mlppPassword[9.0-] ' +
      'homeCluster[9.0-] imAndPresenceEnable[9.0-] serviceProfile[9.0-] ' +
      'lineAppearanceAssociationForPresences[9.0-](lineAppearanceAssociationForPresence*(laapAssociate laapProductType ' +
      'laapDeviceName laapDirectory laapPartition laapDescription)) directoryUri[9.0-] telephoneNumber[10.0-] ' +
      'title[10.0-] mobileNumber[10.0-] homeNumber[10.0-] pagerNumber[10.0-] selfService[10.0-] userProfile[10.0-] ' +
      'calendarPresence[10.0-] ldapDirectoryName[10.0-] userIdentity[10.0-] nameDialing[10.0-] ipccExtension[10.0-] ' +
      'ipccRoutePartition[12.0-] convertUserAccount[10.0-] enableUserToHostConferenceNow[11.0-] ' +
      'attendeesAccessCode[11.0-] zeroHop[11.5-] customerName[12.5-]',
    list:
      'firstName displayName[11.0-12.0] middleName lastName emMaxLoginTime[12.5-] userid telephoneNumber[-9.1] mailid ' +
      'department manager userLocale primaryExtension(pattern routePartitionName) associatedPc enableCti ' +
      'presenceGroupName[-12.0] subscribeCallingSearchSpaceName enableMobility enableMobileVoiceAccess ' +
      'maxDeskPickupWaitTime remoteDestinationLimit status enableEmcc patternPrecedence[9.0-] numericUserId[9.0-] ' +
      'mlppPassword[9.0-] homeCluster[9.0-] imAndPresenceEnable[9.0-] serviceProfile[9.0-] directoryUri[9.0-] ' +
      'telephoneNumber[10.0-] title[10.0-] mobileNumber[10.0-] homeNumber[10.0-] pagerNumber[10.0-] ' +
      'selfService[10.0-12.0] calendarPresence[10.0-] ldapDirectoryName[10.0-12.0] userIdentity[10.0-] ' +
      'enableUserToHostConferenceNow[11.0-12.0] attendeesAccessCode[11.0-12.0] customerName[12.5-]',
    criteria: 'firstName lastName userid department customerName[12.5-]',
  },
  AppUser: {
    key: 'userid',
    rename: 'newUserid',
    get:
      'userid password digestCredentials presenceGroupName acceptPresenceSubscription acceptOutOfDialogRefer ' +
      `acceptUnsolicitedNotification allowReplaceHeader associatedDevices(device*) ${USER_GROUPS}`,
    list: 'userid presenceGroupName acceptPresenceSubscription acceptOutOfDialogRefer acceptUnsolicitedNotification allowReplaceHeader',
    criteria: 'userid',
  },
  UserGroup: { get: 'userRoles(userRole*(roleName)) name', list: 'name', criteria: 'name' },
  FeatureGroupTemplate: {
    get:
      'name description homeCluster imAndUcPresenceEnable serviceProfile enableUserToHostConferenceNow[11.0-] ' +
      'allowCTIControl enableEMCC enableMobility enableMobileVoiceAccess maxDeskPickupWait remoteDestinationLimit ' +
      'BLFPresenceGp subscribeCallingSearch userLocale userProfile meetingInformation',
    list:
      'name description homeCluster imAndUcPresenceEnable serviceProfile enableUserToHostConferenceNow[11.0-] ' +
      'allowCTIControl enableEMCC enableMobility enableMobileVoiceAccess maxDeskPickupWait remoteDestinationLimit ' +
      'BLFPresenceGp subscribeCallingSearch userLocale userProfile meetingInformation',
    criteria: 'name description',
    from: '9.0',
  },
  ServiceProfile: {
    get:
      'name description isDefault serviceProfileInfos(serviceProfileInfo*(profileName primary secondary tertiary ' +
      'serverCertificateVerification))',
    list: 'name description isDefault',
    criteria: 'name description',
    from: '9.0',
  },
  UcService: {
    get: 'serviceType productType name description hostnameorip port protocol',
    list: 'serviceType productType name description hostnameorip port protocol',
    criteria: 'name',
    from: '9.0',
  },
  ProcessNode: {
    get: 'name description mac ipv6Name nodeUsage lbmHubGroup[10.0-] processNodeRole[10.0-] cupDomain[10.0-]',
    list: 'name description mac ipv6Name nodeUsage lbmHubGroup[10.0-] processNodeRole[10.0-]',
    criteria: 'name description processNodeRole[10.0-]',
  },
  ApplicationServer: {
    get: 'appServerType name ipAddress url endUserUrl processNodeName',
    list: 'appServerType name ipAddress url endUserUrl processNodeName',
    criteria: 'name',
  },
  PresenceGroup: {
    get: 'name description presenceGroups(presenceGroup*(presenceGroupName subscriptionPermission))',
    list: 'name description',
    criteria: 'name description',
  },
  PresenceRedundancyGroup: {
    get: 'name description server1 server2 haEnabled numUsers',
    list: 'name description server1 server2 haEnabled numUsers',
    criteria: 'name description',
    from: '9.0',
  },
  Phone: {
    get:
      'name description product model class protocol protocolSide callingSearchSpaceName devicePoolName locationName ' +
      'lines(line*(index label display dirn(pattern routePartitionName) e164Mask ' +
      'associatedEndusers(enduser*(userId)))) enableExtensionMobility ownerUserName subscribeCallingSearchSpaceName ' +
      'presenceGroupName',
    list:
      'name description product model class protocol protocolSide callingSearchSpaceName devicePoolName locationName ' +
      'enableExtensionMobility ownerUserName subscribeCallingSearchSpaceName presenceGroupName',
    criteria: 'name description protocol callingSearchSpaceName devicePoolName',
  },
  Line: {
    key: 'pattern',
    rename: 'newPattern',
    get:
      'pattern description usage routePartitionName alertingName asciiAlertingName presenceGroupName ' +
      'shareLineAppearanceCssName voiceMailProfileName ' +
      'directoryURIs[9.0-](directoryUri*(isPrimary uri partition advertiseGloballyViaIls)) associatedDevices(device*)',
    list:
      'pattern description usage routePartitionName alertingName asciiAlertingName presenceGroupName ' +
      'shareLineAppearanceCssName voiceMailProfileName',
    criteria: 'pattern description usage routePartitionName',
  },
  LdapDirectory: {
    get:
      'name ldapDn ldapPassword userSearchBase repeatable intervalValue scheduleUnit nextExecTime ' +
      'servers(server*(hostName ldapPortNumber sslEnabled)) middleName phoneNumber mailId userId managerId firstName ' +
      'lastName department ldapFilter synchronize[10.0-] ldapFilterForGroups[10.0-] directoryUri[9.0-] ' +
      'accessControlGroupInfo[10.0-](accessControlGroupName*(accessControlGroup)) featureGroupTemplate[10.0-] ' +
      'applyMask[10.0-] mask[10.0-]',
    list:
      'name ldapDn userSearchBase repeatable intervalValue scheduleUnit nextExecTime ' +
      'accessControlGroupInfo[10.0-](accessControlGroupName*(accessControlGroup))',
    criteria: 'name ldapDn userSearchBase',
  },
  UserProfileProvision: {
    get:
      'name description deskPhones mobileDevices profile universalLineTemplate allowProvision limitProvision ' +
      'allowPhoneReassign[11.5-11.5] allowPhoneReassign[12.5-] defaultUserProfile enableMra[12.0-] mraPolicy_Desktop[12.0-] mraPolicy_Mobile[12.0-] ' +
      'allowProvisionEMMaxLoginTime[12.5-]',
    list:
      'name description allowProvision limitProvision allowPhoneReassign[11.5-11.5] allowPhoneReassign[12.5-] ' +
      'defaultUserProfile allowProvisionEMMaxLoginTime[12.5-]',
    criteria: 'name description',
    from: '9.0',
  },
  ServiceParameter: {
    get: 'processNodeName name service value valueType',
    list: 'processNodeName name service value valueType',
    criteria: 'processNodeName service',
    verbs: ['get', 'update', 'list'],
  },
};

const ofKind = (kind: KindName, written: Written): KindSchema => ({
  kind,
  wrapper: `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`,
  key: written.key ?? 'name',
  rename: written.rename ?? 'newName',
  get: readShapes(written.get),
  list: readShapes(written.list),
  criteria: readShapes(written.criteria),
  verbs: written.verbs ?? ALL_VERBS,
  from: written.from ?? '8.5',
});

/** By kind; a kind that AXL has no operations for is not there. */
export const schemas: ReadonlyMap<KindName, KindSchema> = new Map(
  Object.entries(WRITTEN).map(([kind, written]) => [kind as KindName, ofKind(kind as KindName, written)]),
);
