/** What is about users beside add, get, update, remove and list: sign-in, licences, and the quick way to a phone. */
import type { Directory } from '#directory/directory.ts';
import type { DirectoryObject, Fields, FieldValue } from '#directory/object.ts';
import { Element } from '#xml/element.ts';
import { isWithin, readShapes, type Shape } from '../wire/notation.ts';
import { writeAttribute, writeText } from '../wire/write-element.ts';
import { inReturn, Rows, type Served } from './answer.ts';
import { badValue, noSuchItem } from './axl-fault.ts';
import { criteriaOf, pageOf, pageOfObjects, returnUuid } from './objects.ts';
import { type AxlRequest, childOf, elementsOf, readBoolean, writeUuid } from './request.ts';

const LICENSED_CRITERIA = { criteria: readShapes('userId firstName lastName') };
const ALL = { from: '8.5', until: '15.0', isLarge: false } as const;

export function userOperations(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
): Record<string, Served> {
  return {
    doAuthenticateUser: { ...ALL, writes: false, run: (request) => authenticateUser(directory, request) },
    addUserPhoneAssociation: { ...ALL, writes: true, run: (request) => associate(directory, request) },
    updateLicenseCapabilities: {
      ...ALL,
      until: '9.1',
      writes: true,
      run: (request) => updateLicenseCapabilities(directory, request),
    },
    getLicenseCapabilities: {
      ...ALL,
      until: '9.1',
      writes: false,
      run: async (request) => inReturn(capabilities(await userOf(directory, request, 'userid'))),
    },
    getLicensedUser: {
      ...ALL,
      from: '9.0',
      writes: false,
      run: async (request) => {
        const tags = request.child('returnedTags');
        const wanted = tags === undefined || elementsOf(tags).length === 0 ? undefined : tags;
        return inReturn(licensedUser(await userOf(directory, request, 'name'), wanted));
      },
    },
    listLicensedUser: {
      ...ALL,
      from: '9.0',
      writes: false,
      isLarge: true,
      run: (request) => listLicensedUsers(directory, limits, request),
    },
  };
}

/** A wrong password is an answer, and no fault. */
async function authenticateUser(directory: Directory, request: AxlRequest): Promise<string> {
  const userid = request.needed('userid');
  const password = request.child('password')?.text();
  const pin = request.child('pin')?.text();
  if ((password === undefined) === (pin === undefined))
    throw badValue('doAuthenticateUser needs one of password and pin');
  const secret = password === undefined ? { pin: pin! } : { password };
  const { ok, code } = await directory.authenticate(userid, secret);
  const warning = isWithin(request.version, SINCE_11) ? '<isWarningNeeded>false</isWarningNeeded>' : '';
  return inReturn(`<userAuthenticated>${ok}</userAuthenticated><code>${code}</code>${warning}`);
}

const SINCE_11 = { from: '11.0', until: '15.0' } as const;

async function associate(directory: Directory, request: AxlRequest): Promise<string> {
  const wrapper = request.child('userPhoneAssociation');
  if (wrapper === undefined) throw badValue('addUserPhoneAssociation needs the element userPhoneAssociation');
  const fields: Record<string, FieldValue> = {};
  for (const element of elementsOf(wrapper)) {
    const { name } = element;
    const text = element.text();
    if (text.trim() === '' && name !== 'e164Mask') continue;
    fields[name] = name === 'enableExtensionMobility' ? readBoolean(text, name) : text;
  }
  return returnUuid(await directory.addUserPhoneAssociation(fields as Fields));
}

/** Both switches of release 8 are one here: who may use presence may use the client. */
async function updateLicenseCapabilities(directory: Directory, request: AxlRequest): Promise<string> {
  const user = await userOf(directory, request, 'userid');
  const presence = request.flag('enableUps');
  const client = request.flag('enableUpc');
  if (client === true && !(presence ?? user.fields.imAndPresenceEnable === true)) {
    throw badValue('enableUpc cannot be set while enableUps is not');
  }
  if (presence === false && client === true) throw badValue('enableUps cannot be taken away while enableUpc is set');
  const enabled = presence ?? (client === false ? false : undefined);
  if (enabled === undefined) return returnUuid(user.uuid);
  return returnUuid(await directory.update('User', { uuid: user.uuid }, { imAndPresenceEnable: enabled }));
}

function capabilities({ uuid, name, fields }: DirectoryObject): string {
  const enabled = fields.imAndPresenceEnable === true;
  return (
    `<licenseCapabilities${writeAttribute('uuid', writeUuid(uuid))}><userid>${writeText(name)}</userid>` +
    `<enableUps>${enabled}</enableUps><enableUpc>${enabled}</enableUpc></licenseCapabilities>`
  );
}

async function userOf(directory: Directory, request: AxlRequest, key: string): Promise<DirectoryObject> {
  const user = await directory.get('User', request.key(key));
  if (user === undefined) throw noSuchItem('User');
  return user;
}

async function listLicensedUsers(
  directory: Directory,
  limits: { readonly maxAnswerBytes: number },
  request: AxlRequest,
): Promise<string> {
  const { userId, ...others } = criteriaOf(request, LICENSED_CRITERIA);
  const criteria = { ...others, ...(userId !== undefined && { userid: userId }) };
  const tags = request.child('returnedTags') ?? new Element('returnedTags', '');
  const rows = new Rows(limits.maxAnswerBytes);
  for await (const user of pageOfObjects(directory, 'User', criteria, pageOf(request))) {
    if (!rows.add(licensedUser(user, tags))) throw rows.tooLarge(await directory.count('User', criteria));
  }
  return rows.text();
}

const LICENSED: readonly Shape[] = readShapes(
  'userId firstName lastName snrEnabled emEnabled deviceCount licenseType licenseUsed',
);

/** Computed from what the user has: devices, mobility and profiles of extension mobility. */
function licensedUser(user: DirectoryObject, tags: Element | undefined): string {
  const { uuid, name, fields } = user;
  const devices = Array.isArray(fields.associatedDevices) ? fields.associatedDevices.length : 0;
  const mobility = fields.enableMobility === true;
  const profiles = Array.isArray(fields.phoneProfiles) && fields.phoneProfiles.length > 0;
  const license = licenseType(devices + (mobility ? 1 : 0), profiles);
  const values: Readonly<Record<string, string>> = {
    userId: name,
    firstName: String(fields.firstName ?? ''),
    lastName: String(fields.lastName ?? ''),
    snrEnabled: String(mobility),
    emEnabled: String(profiles),
    deviceCount: String(devices),
    licenseType: license,
    licenseUsed: license,
  };
  const wanted = LICENSED.filter((shape) => tags === undefined || childOf(tags, shape.name) !== undefined);
  const inside = wanted.map((shape) => {
    const value = values[shape.name]!;
    return value === '' ? `<${shape.name}/>` : `<${shape.name}>${writeText(value)}</${shape.name}>`;
  });
  return `<licensedUser${writeAttribute('uuid', writeUuid(uuid))}>${inside.join('')}</licensedUser>`;
}

/** What one user takes of the user licences: presence alone takes none. */
function licenseType(devices: number, profiles: boolean): string {
  if (devices > 2) return 'Unified Workspace Licensing';
  if (devices === 2) return 'Enhanced Plus';
  if (devices === 1) return 'Enhanced';
  return profiles ? 'Essential' : '';
}
