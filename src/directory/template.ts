import type { Fields } from './object.ts';

/** A field of a user by the template's field that it comes from: Unified CM gives the same thing two names. */
const USER_FIELDS = {
  homeCluster: 'homeCluster',
  imAndUcPresenceEnable: 'imAndPresenceEnable',
  serviceProfile: 'serviceProfile',
  enableUserToHostConferenceNow: 'enableUserToHostConferenceNow',
  allowCTIControl: 'enableCti',
  enableEMCC: 'enableEmcc',
  enableMobility: 'enableMobility',
  enableMobileVoiceAccess: 'enableMobileVoiceAccess',
  maxDeskPickupWait: 'maxDeskPickupWaitTime',
  remoteDestinationLimit: 'remoteDestinationLimit',
  BLFPresenceGp: 'presenceGroupName',
  subscribeCallingSearch: 'subscribeCallingSearchSpaceName',
  userLocale: 'userLocale',
  userProfile: 'userProfile',
  meetingInformation: 'calendarPresence',
} as const;

/** What a feature group template says of a user. What the template leaves open stays as it is. */
export function fieldsOfTemplate(template: Fields): Fields {
  return Object.fromEntries(
    Object.entries(USER_FIELDS).flatMap(([from, to]) => (template[from] === undefined ? [] : [[to, template[from]]])),
  );
}
