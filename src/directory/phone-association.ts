/** Quick user and phone add (addUserPhoneAssociation): what a user, a phone and a line are given, taken apart. Pure. */
import { badValue } from './directory-error.ts';
import type { Fields, FieldValue } from './object.ts';
import { STANDARD_PRESENCE_GROUP } from './presets.ts';

const MANDATORY = ['userId', 'lastName', 'productType', 'name', 'extension'];
const KNOWN = new Set([
  ...MANDATORY,
  'password',
  'pin',
  'firstName',
  'middleName',
  'e164Mask',
  'dnCssName',
  'phoneCssName',
  'routePartitionName',
  'voiceMailProfileName',
  'enableExtensionMobility',
  'DirectoryURI',
  'DirectoryNumberURIPartition',
]);

export interface Association {
  readonly user: Fields;
  readonly phone: Fields;
  readonly line: Fields;
}

/**
 * @param uuids what the three are to have
 * @throws {DirectoryError} 5003
 */
export function readAssociation(given: Fields, uuids: { user: string; phone: string; line: string }): Association {
  for (const name of Object.keys(given)) {
    if (!KNOWN.has(name)) throw badValue(`UserPhoneAssociation has no field ${name.slice(0, 80)}`);
  }
  const missing = MANDATORY.find((name) => (given[name] ?? '') === '');
  if (missing !== undefined) throw badValue(`UserPhoneAssociation: ${missing} is missing`);
  if (given.e164Mask === undefined) throw badValue('UserPhoneAssociation: e164Mask is missing; it may be empty');
  const extension = { pattern: given.extension!, routePartitionName: given.routePartitionName ?? '' };
  return {
    user: {
      userid: given.userId,
      firstName: given.firstName,
      middleName: given.middleName,
      lastName: given.lastName,
      password: given.password,
      pin: given.pin,
      presenceGroupName: STANDARD_PRESENCE_GROUP,
      associatedDevices: [{ uuid: uuids.phone }],
      primaryExtension: extension,
    },
    phone: {
      name: given.name,
      product: given.productType,
      callingSearchSpaceName: given.phoneCssName,
      enableExtensionMobility: given.enableExtensionMobility,
      ownerUserName: { uuid: uuids.user },
      lines: [
        {
          index: 1,
          e164Mask: given.e164Mask,
          dirn: { uuid: uuids.line },
          associatedEndusers: [{ uuid: uuids.user }],
        },
      ],
    },
    line: {
      ...extension,
      shareLineAppearanceCssName: given.dnCssName,
      voiceMailProfileName: given.voiceMailProfileName,
      directoryURIs: readUri(given.DirectoryURI, given.DirectoryNumberURIPartition),
    },
  };
}

function readUri(uri: FieldValue | undefined, partition: FieldValue | undefined): FieldValue {
  return (uri ?? '') === '' ? [] : [{ isPrimary: true, uri: uri!, partition: partition ?? '' }];
}
