/** That the AXL server does over HTTPS what a Unified CM does: signing in, operations, faults, limits. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ADMINISTRATOR, type AxlUnderTest, basic, envelope, NOBODY, READER, startAxl } from '../support/axl-server.ts';
import { FakeClock } from '../support/fake-clock.ts';

let cm: AxlUnderTest;
before(async () => {
  cm = await startAxl();
});
after(() => cm[Symbol.asyncDispose]());

const XML = { 'Content-Type': 'text/xml', Authorization: basic(ADMINISTRATOR) };
const user = (userid: string, more = '') =>
  `<user><lastName>Ruiz</lastName><userid>${userid}</userid>` +
  `<presenceGroupName>Standard Presence group</presenceGroupName>${more}</user>`;

describe('HTTP', () => {
  test('GET tells that the service works, and asks for credentials before', async () => {
    const page = await cm.ask('GET', '/axl/', { Authorization: basic(ADMINISTRATOR) });
    assert.equal(page.status, 200);
    assert.match(page.text, /<title>Cisco CallManager: AXL Web Service<\/title>/);
    assert.match(page.text, /The AXL Web Service is working and accepting requests/);
    const without = await cm.ask('GET', '/axl/', {});
    assert.equal(without.status, 401);
    assert.match(without.headers['www-authenticate']!, /^Basic realm=/);
    assert.match(without.headers['content-type']!, /^text\/html/);
  });

  test('wrong passwords and wrong headers are 401, who has no role is 403', async () => {
    const status = async (Authorization: string) => (await cm.ask('GET', '/axl/', { Authorization })).status;
    assert.equal(await status(basic({ ...ADMINISTRATOR, password: 'wrong' })), 401);
    assert.equal(await status(basic({ name: 'x'.repeat(10_000), password: 'x' })), 401);
    for (const wrong of [
      'Basic',
      'Basic !',
      'Basic YQ==',
      'Bearer x',
      `Basic ${Buffer.from(':x').toString('base64')}`,
    ]) {
      assert.equal(await status(wrong), 401, wrong);
    }
    assert.equal(await status(basic(NOBODY)), 403);
    assert.equal((await cm.post('getUser', '', { as: NOBODY })).status, 403);
  });

  test('who may only read is refused changes, by operation and by SQL', async () => {
    const as = READER;
    assert.equal((await cm.post('getCCMVersion', '', { as })).status, 200);
    assert.equal((await cm.post('addUser', user('x'), { as })).status, 403);
    const sql = "<sql>update enduser set enablecups = 't'</sql>";
    assert.equal((await cm.post('executeSQLUpdate', sql, { as })).status, 403);
    assert.equal((await cm.fault('executeSQLQuery', sql, { as })).axlCode, -273);
  });

  test('other paths, methods, types and sizes have their own status', async () => {
    const body = envelope('getCCMVersion', '');
    assert.equal((await cm.ask('POST', '/axl/x', XML, body)).status, 404);
    assert.equal((await cm.ask('POST', '/', XML, body)).status, 404);
    assert.equal((await cm.ask('PUT', '/axl/', XML, body)).status, 405);
    assert.equal((await cm.ask('POST', '/axl', XML, body)).status, 200);
    assert.equal((await cm.ask('POST', '/axl/', { ...XML, 'Content-Type': 'application/json' }, '{}')).status, 415);
    const utf16 = { ...XML, 'Content-Type': 'text/xml; charset=utf-16' };
    assert.equal((await cm.ask('POST', '/axl/', utf16, body)).status, 415);
    const large = Buffer.alloc(9 * 1024 * 1024, 0x20);
    assert.equal((await cm.ask('POST', '/axl/', XML, large)).status, 413);
  });

  test('the SOAPAction may be anything; the body decides', async () => {
    for (const SOAPAction of [
      '"CUCM:DB ver=14.0 getCCMVersion"',
      'CUCM:DB ver=8.5',
      'SOAPAction: CUCM:DB ver=9.0',
      'removeUser',
      '',
    ]) {
      const answer = await cm.post('getCCMVersion', '', { headers: { SOAPAction } });
      assert.equal(answer.status, 200, SOAPAction);
      assert.match(
        answer.text,
        /<ns:getCCMVersionResponse xmlns:ns="http:\/\/www.cisco.com\/AXL\/API\/14.0" sequence="7">/,
      );
    }
    const bare = envelope('getCCMVersion', '').replaceAll('ns:getCCMVersion', 'getCCMVersion');
    const named = await cm.ask('POST', '/axl/', { ...XML, SOAPAction: 'CUCM:DB ver=11.5 x' }, bare);
    assert.match(named.text, /AXL\/API\/11\.5/);
  });

  test('every schema version from 8.5 is mirrored; others are 599', async () => {
    for (const version of ['8.5', '9.0', '9.1', '10.0', '10.5', '11.0', '11.5', '12.0', '12.5', '14.0', '15.0']) {
      const answer = await cm.post('getCCMVersion', '', { version });
      assert.match(answer.text, new RegExp(`API/${version.replace('.', '\\.')}" sequence="7"`));
      assert.match(answer.text, /<return><componentVersion><version>9\.0\.1\.10000\(37\)<\/version>/);
    }
    for (const version of ['7.1', '16.0', '99.9']) {
      const answer = await cm.post('getCCMVersion', '', { version });
      assert.equal(answer.status, 599);
      assert.match(answer.text, /Schema Not Supported/);
    }
  });

  test('a store that is behind puts changes off, and answers what is read', async () => {
    cm.storeIsWell = false;
    try {
      const answer = await cm.post('addUser', user('late'));
      assert.equal(answer.status, 503);
      assert.ok(Number(answer.headers['retry-after']) > 0);
      assert.equal((await cm.post('getCCMVersion', '')).status, 200);
    } finally {
      cm.storeIsWell = true;
    }
  });

  test('the cookie of a sign-in stands for it, until its user changes', async () => {
    await using own = await startAxl();
    const first = await own.ask('GET', '/axl/', { Authorization: basic(ADMINISTRATOR) });
    const cookie = first.headers['set-cookie']![0]!;
    assert.match(cookie, /^JSESSIONIDSSO=[0-9A-F]{48}; Path=\/axl; Secure; HttpOnly; SameSite=Strict$/);
    const Cookie = `a=b; ${cookie.split(';')[0]}`;
    assert.equal((await own.ask('GET', '/axl/', { Cookie })).status, 200);
    assert.equal((await own.ask('GET', '/axl/', { Cookie: `JSESSIONIDSSO=${'0'.repeat(48)}` })).status, 401);
    await own.directory.update('AppUser', { name: ADMINISTRATOR.name }, { password: 'another' });
    assert.equal((await own.ask('GET', '/axl/', { Cookie })).status, 401);
    assert.equal((await own.ask('GET', '/axl/', { Authorization: basic(ADMINISTRATOR) })).status, 401);
    const anew = basic({ ...ADMINISTRATOR, password: 'another' });
    assert.equal((await own.ask('GET', '/axl/', { Authorization: anew })).status, 200);
    await own.directory.update('AppUser', { name: ADMINISTRATOR.name }, { associatedGroups: [] });
    assert.equal((await own.ask('GET', '/axl/', { Authorization: anew })).status, 403);
  });

  test('a session ends by itself', async () => {
    const clock = new FakeClock();
    await using own = await startAxl({ sessionSeconds: 60 }, clock);
    const first = await own.ask('GET', '/axl/', { Authorization: basic(ADMINISTRATOR) });
    const Cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
    assert.equal((await own.ask('GET', '/axl/', { Cookie })).status, 200);
    clock.advance(60_001);
    assert.equal((await own.ask('GET', '/axl/', { Cookie })).status, 401);
  });

  test('who guesses passwords has to wait', async () => {
    await using own = await startAxl();
    const guess = async () =>
      own.ask('GET', '/axl/', { Authorization: basic({ ...ADMINISTRATOR, password: 'guess' }) });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) statuses.push((await guess()).status);
    assert.equal(statuses[0], 401);
    const last = await guess();
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers['retry-after']) > 0);
  });
});

describe('users', () => {
  test('one is added, read, changed, renamed, listed and removed', async () => {
    const added = await cm.call(
      'addUser',
      user('ana', '<firstName>Ana</firstName><mailid>ana@example.test</mailid><password>x</password>'),
    );
    const uuid = added.childText('return', '')!;
    assert.match(uuid, /^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/);
    const read = (await cm.call('getUser', '<userid>ANA</userid>')).child('return', '')!.child('user', '')!;
    assert.equal(read.attribute('uuid'), uuid);
    assert.equal(read.childText('firstName'), 'Ana');
    assert.equal(read.childText('homeCluster'), 'true');
    assert.equal(read.childText('remoteDestinationLimit'), '4');
    assert.equal(read.childText('password'), '');
    assert.match(read.child('presenceGroupName')!.attribute('uuid')!, /^\{.*\}$/);
    const on = '<userid>ana</userid><imAndPresenceEnable>t</imAndPresenceEnable><newUserid>ana.ruiz</newUserid>';
    assert.equal((await cm.call('updateUser', on)).childText('return', ''), uuid);
    const listed = await cm.post(
      'listUser',
      '<searchCriteria><userid>ana.%</userid></searchCriteria>' +
        '<returnedTags><imAndPresenceEnable/><userid/><department/></returnedTags>',
    );
    assert.ok(
      listed.text.includes(
        `<return><user uuid="${uuid}"><userid>ana.ruiz</userid><department/><imAndPresenceEnable>true</imAndPresenceEnable></user></return>`,
      ),
      listed.text,
    );
    assert.equal((await cm.call('removeUser', `<uuid>${uuid.toLowerCase()}</uuid>`)).childText('return', ''), uuid);
    assert.deepEqual(await cm.fault('getUser', '<userid>ana.ruiz</userid>'), {
      axlCode: 5007,
      text: 'Item not valid: The specified User was not found',
    });
  });

  test('references come by name or uuid; xsi:nil and an empty element take them away', async () => {
    await cm.call('addUser', user('ref', '<serviceProfile>Default Service Profile</serviceProfile>'));
    const profile = async () =>
      (await cm.call('getUser', '<userid>ref</userid><returnedTags><serviceProfile/></returnedTags>'))
        .child('return', '')!
        .child('user', '')!
        .child('serviceProfile', '')!;
    const uuid = (await profile()).attribute('uuid')!;
    const nil = '<serviceProfile xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>';
    await cm.call('updateUser', `<userid>ref</userid>${nil}`);
    assert.equal((await profile()).text(), '');
    await cm.call('updateUser', `<userid>ref</userid><serviceProfile uuid="${uuid}"/>`);
    assert.equal((await profile()).text(), 'Default Service Profile');
    await cm.call('updateUser', '<userid>ref</userid><serviceProfile/>');
    assert.equal((await profile()).text(), '');
    assert.equal(
      (await cm.fault('updateUser', '<userid>ref</userid><serviceProfile>no</serviceProfile>')).axlCode,
      -691,
    );
  });

  test('what differs between the schemas differs: presence begins with 9.0, calendars with 10.0', async () => {
    await cm.call('addUser', user('old', '<telephoneNumber>1</telephoneNumber>'));
    const names = async (version: string) =>
      (await cm.call('getUser', '<userid>old</userid>', { version }))
        .child('return', '')!
        .child('user', '')!
        .elements()
        .map(({ name }) => name);
    const [v8, v9, v14] = [await names('8.5'), await names('9.1'), await names('14.0')];
    assert.ok(!v8.includes('imAndPresenceEnable') && v9.includes('imAndPresenceEnable'));
    assert.ok(!v9.includes('calendarPresence') && v14.includes('calendarPresence'));
    assert.equal(v9[v9.indexOf('telephoneNumber') - 1], 'pin');
    assert.equal(v14[v14.indexOf('telephoneNumber') - 1], 'directoryUri');
  });

  test('pages follow each other in order; skip counts only beside first', async () => {
    for (const place of [1, 2, 3, 4, 5]) await cm.call('addUser', user(`page${place}`));
    const page = async (more: string) => {
      const inside = `<searchCriteria><userid>page%</userid></searchCriteria><returnedTags><userid/></returnedTags>${more}`;
      const answer = await cm.call('listUser', inside);
      return answer
        .child('return', '')!
        .elements()
        .map((one) => one.childText('userid', ''));
    };
    assert.deepEqual(await page('<skip>0</skip><first>2</first>'), ['page1', 'page2']);
    assert.deepEqual(await page('<skip>2</skip><first>2</first>'), ['page3', 'page4']);
    assert.deepEqual(await page('<skip>4</skip><first>2</first>'), ['page5']);
    assert.deepEqual(await page('<skip>9</skip><first>2</first>'), []);
    assert.equal((await page('<skip>3</skip>')).length, 5);
    assert.deepEqual(await page('<first>0</first>'), []);
  });

  test('what is wrong is refused with the number that a Unified CM has', async () => {
    await cm.call('addUser', user('twice'));
    assert.equal((await cm.fault('addUser', user('TWICE'))).axlCode, -239);
    assert.equal((await cm.fault('addUser', '')).axlCode, 5003);
    assert.equal((await cm.fault('addUser', user('bad', '<unknownThing/>'))).axlCode, 5003);
    assert.equal((await cm.fault('addUser', user('bad', '<enableCti>maybe</enableCti>'))).axlCode, 5003);
    assert.equal(
      (await cm.fault('addUser', user('bad', '<firstName>a</firstName><firstName>b</firstName>'))).axlCode,
      5003,
    );
    assert.equal((await cm.fault('updateUser', '<lastName>x</lastName>')).axlCode, 5003);
    assert.equal((await cm.fault('getUser', '<uuid>{1}</uuid>')).axlCode, 5003);
    assert.equal((await cm.fault('listUser', '<searchCriteria/>')).axlCode, 5003);
    assert.equal((await cm.fault('listUser', '<searchCriteria><password>x</password></searchCriteria>')).axlCode, 5003);
    assert.equal((await cm.fault('removeUser', '<userid>nobody at all</userid>')).axlCode, 5007);
    const notHome = '<userid>twice</userid><homeCluster>f</homeCluster><imAndPresenceEnable>t</imAndPresenceEnable>';
    assert.equal((await cm.fault('updateUser', notHome)).axlCode, 5003);
  });

  test('a password is checked by an answer; a wrong one is no fault', async () => {
    await cm.call('addUser', user('pass', '<password>right</password><pin>12345</pin>'));
    const check = async (secret: string) => {
      const answer = (await cm.call('doAuthenticateUser', `<userid>pass</userid>${secret}`)).child('return', '')!;
      return [answer.childText('userAuthenticated'), answer.childText('code')];
    };
    assert.deepEqual(await check('<password>right</password>'), ['true', '0']);
    assert.deepEqual(await check('<pin>12345</pin>'), ['true', '0']);
    assert.equal((await check('<password>wrong</password>'))[0], 'false');
    assert.equal((await cm.fault('doAuthenticateUser', '<userid>pass</userid>')).axlCode, 5003);
  });

  test('user, phone and line come in one', async () => {
    const inside =
      '<userPhoneAssociation><userId>quick</userId><lastName>Q</lastName><productType>Cisco 7965</productType>' +
      '<name>SEP001122334455</name><e164Mask/><extension>4711</extension></userPhoneAssociation>';
    await cm.call('addUserPhoneAssociation', inside);
    const quick = await cm.post('getUser', '<userid>quick</userid>');
    assert.match(quick.text, /<associatedDevices><device>SEP001122334455<\/device><\/associatedDevices>/);
    assert.match(quick.text, /<primaryExtension><pattern>4711<\/pattern>/);
    assert.match(quick.text, /<laapDeviceName>SEP001122334455<\/laapDeviceName><laapDirectory>4711<\/laapDirectory>/);
    const phone = await cm.post('getPhone', '<name>SEP001122334455</name>');
    assert.match(phone.text, /<dirn><pattern>4711<\/pattern>.*<enduser><userId>quick<\/userId><\/enduser>/);
    const sql = `<sql><![CDATA[select d.name from device d, enduser e, enduserdevicemap m
      where m.fkenduser = e.pkid and m.fkdevice = d.pkid and e.userid = 'quick']]></sql>`;
    assert.match(
      (await cm.post('executeSQLQuery', sql)).text,
      /<return><row><name>SEP001122334455<\/name><\/row><\/return>/,
    );
    const lines = `<sql>select n.dnorpattern from enduser e join devicenumplanmapendusermap u on u.fkenduser = e.pkid
      join devicenumplanmap m on m.pkid = u.fkdevicenumplanmap join numplan n on n.pkid = m.fknumplan</sql>`;
    assert.match((await cm.post('executeSQLQuery', lines)).text, /<row><dnorpattern>4711<\/dnorpattern><\/row>/);
  });
});

describe('presence', () => {
  test('a node, a group, a user who is assigned and freed', async () => {
    const node =
      '<processNode><name>imp1.example.test</name><processNodeRole>CUCM IM and Presence</processNodeRole></processNode>';
    await cm.call('addProcessNode', node);
    await cm.call('addUser', user('here', '<imAndPresenceEnable>true</imAndPresenceEnable>'));
    await cm.call('assignPresenceUser', '<userid>here</userid><server>imp1.example.test</server>');
    const tags = '<returnedTags><userid/><server/><presenceRedundancyGroup/></returnedTags>';
    const list = (operation: string) =>
      cm.post(operation, `<searchCriteria><userid>%</userid></searchCriteria>${tags}`);
    const assigned =
      /<assignedPresenceUsers uuid="\{.*?\}"><userid>here<\/userid><server uuid="\{.*?\}">imp1\.example\.test<\/server><presenceRedundancyGroup uuid="\{.*?\}">DefaultCUPSubcluster</;
    assert.match((await list('listAssignedPresenceUsers')).text, assigned);
    const servers = '<searchCriteria><name>%</name></searchCriteria><returnedTags><name/><numUsers/></returnedTags>';
    assert.match(
      (await cm.post('listAssignedPresenceServers', servers)).text,
      /<name>imp1\.example\.test<\/name><numUsers>1</,
    );
    assert.match((await cm.post('listUnassignedPresenceServers', servers)).text, /<return\/>/);
    const sql = '<sql>select userid from enduser where primarynodeid is not null</sql>';
    assert.match((await cm.post('executeSQLQuery', sql)).text, /<return><row><userid>here<\/userid><\/row><\/return>/);
    await cm.call('unassignPresenceUser', '<userid>here</userid>');
    assert.match((await list('listAssignedPresenceUsers')).text, /<return\/>/);
    assert.match((await list('listUnassignedPresenceUsers')).text, /<userid>here<\/userid>/);
    assert.equal((await cm.fault('assignPresenceUser', '<userid>here</userid><server>no</server>')).axlCode, 5007);
  });

  test('EnterpriseWideData is listed as a node that is no machine', async () => {
    const inside = '<searchCriteria><name>Ent%</name></searchCriteria><returnedTags><name/></returnedTags>';
    assert.match((await cm.post('listProcessNode', inside)).text, /<name>EnterpriseWideData<\/name>/);
  });
});

describe('changes', () => {
  test('a follower is told of each, and one who is lost sees another queue', async () => {
    const first = await cm.call('listChange', '');
    const info = first.child('queueInfo', '')!;
    assert.equal(first.child('changes', '')!.elements().length, 0);
    const [queueId, next] = [info.childText('queueId')!, info.childText('nextStartChangeId')!];
    await cm.call('addUser', user('followed'));
    await cm.call('addUser', user('other'));
    await cm.call('updateUser', '<userid>followed</userid><imAndPresenceEnable>true</imAndPresenceEnable>');
    const start = (queue: string) => `<startChangeId queueId="${queue}">${next}</startChangeId>`;
    const told = await cm.call('listChange', `${start(queueId)}<objectList><object>User</object></objectList>`);
    const changes = told.child('changes', '')!.elements();
    assert.deepEqual(
      changes.map((change) => [change.attribute('type'), change.childText('action')]),
      [
        ['User', 'a'],
        ['User', 'a'],
        ['User', 'u'],
      ],
    );
    const tag = changes[2]!
      .child('changedTags')!
      .elements()
      .find((one) => one.attribute('name') === 'imAndPresenceEnable');
    assert.match(tag!.text(), /^(true|t)$/);
    const phones = await cm.call('listChange', `${start(queueId)}<objectList><object>Phone</object></objectList>`);
    assert.equal(phones.child('changes', '')!.elements().length, 0);
    const lost = await cm.call('listChange', start('another'));
    assert.equal(lost.child('changes', '')!.elements().length, 0);
    assert.equal(lost.child('queueInfo', '')!.childText('queueId'), queueId);
    assert.equal((await cm.fault('listChange', '<startChangeId queueId="x">one</startChangeId>')).axlCode, 5003);
  });

  test('changes by SQL are told, too', async () => {
    const info = (await cm.call('listChange', '')).child('queueInfo', '')!;
    await cm.call('addUser', user('bysql'));
    const sql = "<sql>update enduser set enablecups = 't' where userid = 'bysql'</sql>";
    assert.equal((await cm.call('executeSQLUpdate', sql)).child('return', '')!.childText('rowsUpdated'), '1');
    const start = `<startChangeId queueId="${info.childText('queueId')}">${info.childText('nextStartChangeId')}</startChangeId>`;
    const changes = (await cm.call('listChange', start)).child('changes', '')!.elements();
    assert.deepEqual(
      changes.map((change) => change.childText('action')),
      ['a', 'u'],
    );
  });
});

describe('operations', () => {
  test('the switches of release 8 turn presence on and off', async () => {
    await cm.call('addUser', user('license'), { version: '8.5' });
    const set = (inside: string) =>
      cm.call('updateLicenseCapabilities', `<userid>license</userid>${inside}`, { version: '8.5' });
    await set('<enableUps>true</enableUps><enableUpc>true</enableUpc>');
    const tag = '<userid>license</userid><returnedTags><imAndPresenceEnable/></returnedTags>';
    assert.match((await cm.post('getUser', tag)).text, /<imAndPresenceEnable>true</);
    const wrong = '<userid>license</userid><enableUps>false</enableUps><enableUpc>true</enableUpc>';
    assert.equal((await cm.fault('updateLicenseCapabilities', wrong, { version: '9.1' })).axlCode, 5003);
    assert.equal((await cm.fault('updateLicenseCapabilities', wrong, { version: '14.0' })).axlCode, undefined);
  });

  test('an operation that a schema has and nobody serves is 5002; one that none has is unknown to the dispatcher', async () => {
    const known = await cm.fault('listRoutePlan', '');
    assert.deepEqual([known.axlCode, known.text.startsWith('Unknown request listRoutePlan')], [5002, true]);
    for (const name of ['authenticateUser', 'listUserProfile', 'constructor', 'getUsers']) {
      const answer = await cm.post(name, '');
      assert.equal(answer.status, 500);
      assert.match(answer.text, /<faultcode>axis2ns1:Client<\/faultcode>.*EPR\) for the Operation not found/);
    }
    const older = await cm.post('getFeatureGroupTemplate', '<name>x</name>', { version: '8.5' });
    assert.match(older.text, /EPR/);
    const foreign = envelope('getCCMVersion', '').replace('www.cisco.com/AXL/API/14.0', 'example.test/');
    assert.match((await cm.ask('POST', '/axl/', XML, foreign)).text, /EPR/);
  });

  test('templates, profiles, services, agreements and parameters are kept and told', async () => {
    const group = 'Standard Presence group';
    await cm.call(
      'addFeatureGroupTemplate',
      `<featureGroupTemplate><name>Desk</name><maxDeskPickupWait>1000</maxDeskPickupWait><remoteDestinationLimit>4</remoteDestinationLimit><BLFPresenceGp>${group}</BLFPresenceGp><imAndUcPresenceEnable>true</imAndUcPresenceEnable></featureGroupTemplate>`,
    );
    assert.match((await cm.post('getFeatureGroupTemplate', '<name>desk</name>')).text, /<imAndUcPresenceEnable>true</);
    await cm.call(
      'addUcService',
      '<ucService><serviceType>IM and Presence</serviceType><productType>Unified CM (IM and Presence)</productType><name>imp</name></ucService>',
    );
    await cm.call(
      'addServiceProfile',
      '<serviceProfile><name>P</name><serviceProfileInfos><serviceProfileInfo><profileName>IM and Presence Profile</profileName><primary>imp</primary></serviceProfileInfo></serviceProfileInfos></serviceProfile>',
    );
    assert.match(
      (await cm.post('getServiceProfile', '<name>P</name>')).text,
      /<profileName>IM and Presence Profile<\/profileName><primary uuid="\{.*?\}">imp<\/primary>/,
    );
    assert.equal((await cm.fault('removeUcService', '<name>imp</name>')).axlCode, -692);
    await cm.call(
      'addLdapDirectory',
      '<ldapDirectory><name>L</name><ldapDn>cn=a</ldapDn><ldapPassword>secret</ldapPassword><userSearchBase>dc=a</userSearchBase></ldapDirectory>',
    );
    const ldap = (await cm.post('getLdapDirectory', '<name>L</name>')).text;
    assert.ok(ldap.includes('<ldapDn>cn=a</ldapDn>') && !ldap.includes('secret'));
    assert.match(
      (await cm.fault('doLdapSync', '<name>L</name><sync>true</sync>')).text,
      /does not synchronize with LDAP/,
    );
    assert.equal((await cm.fault('doLdapSync', '<name>M</name><sync>true</sync>')).axlCode, 5007);
  });

  test('a list is changed in part, and replaced', async () => {
    await cm.call('addLine', '<line><pattern>1</pattern><usage>Device</usage></line>');
    await cm.call('addLine', '<line><pattern>2</pattern><usage>Device</usage></line>');
    const line = (pattern: string) => `<line><dirn><pattern>${pattern}</pattern></dirn></line>`;
    await cm.call(
      'addPhone',
      `<phone><name>SEP2</name><product>x</product><devicePoolName>Default</devicePoolName><builtInBridgeStatus>Default</builtInBridgeStatus><lines>${line('1')}</lines></phone>`,
    );
    const patterns = async () =>
      [...(await cm.post('getPhone', '<name>SEP2</name>')).text.matchAll(/<dirn><pattern>(.*?)</g)].map(
        ([, one]) => one,
      );
    await cm.call('updatePhone', `<name>SEP2</name><addLines>${line('2')}</addLines>`);
    assert.deepEqual(await patterns(), ['1', '2']);
    await cm.call('updatePhone', `<name>SEP2</name><removeLines>${line('1')}</removeLines>`);
    assert.deepEqual(await patterns(), ['2']);
    await cm.call('updatePhone', `<name>SEP2</name><lines>${line('1')}</lines>`);
    assert.deepEqual(await patterns(), ['1']);
  });
});

describe('limits and bad input', () => {
  test('a list above the limit is refused with numbers to page by, and pages come', async () => {
    await using own = await startAxl({ maxAnswerBytes: 65_536 });
    for (let i = 0; i < 60; i++) {
      await own.directory.add('Line', {
        pattern: String(1000 + i),
        description: 'd'.repeat(255),
        alertingName: 'a'.repeat(60),
      });
    }
    const all = (more: string) =>
      `<searchCriteria><pattern>%</pattern></searchCriteria><returnedTags><description/><pattern/></returnedTags>${more}`;
    assert.equal((await own.post('listLine', all(''))).status, 200);
    own.settings.maxAnswerBytes = 10_000;
    const { text } = await own.fault('listLine', all(''));
    const [, matched, fetch] =
      /^Query request too large\. Total rows matched: (\d+) rows\. Suggested row fetch: less than (\d+) rows$/.exec(
        text,
      )!;
    assert.equal(matched, '60');
    assert.equal((await own.post('listLine', all(`<skip>0</skip><first>${Number(fetch) - 1}</first>`))).status, 200);
    assert.match(
      (await own.fault('executeSQLQuery', '<sql>select * from numplan</sql>')).text,
      /Query request too large/,
    );
  });

  test('entities, depth and broken bytes are faults of 5004, and nothing else happens', async () => {
    const body = envelope('getUser', '<userid>&x;</userid>');
    const bad: [string, string | Buffer][] = [
      ['a document type', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${body}`],
      ['an entity', body],
      ['depth', envelope('getUser', `${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`)],
      ['bytes that are no UTF-8', Buffer.from([0x3c, 0xff, 0xfe])],
      ['nothing', ''],
      ['half', body.slice(0, 50)],
    ];
    for (const [what, text] of bad) {
      const answer = await cm.ask('POST', '/axl/', XML, text);
      assert.equal(answer.status, 500, what);
      assert.match(answer.text, /<soapenv:Fault>.*<axlcode>5004<\/axlcode>/, what);
      assert.ok(!answer.text.includes('root:'), what);
    }
  });

  test('SQL in a field is text, and harms nobody', async () => {
    const evil = "x' or '1'='1'; drop table directory_objects; --";
    await cm.call('addUser', user('evil', `<firstName>${evil}</firstName><displayName>&lt;b&gt;&amp;</displayName>`));
    const read = (await cm.call('getUser', '<userid>evil</userid>')).child('return', '')!.child('user', '')!;
    assert.deepEqual([read.childText('firstName'), read.childText('displayName')], [evil, '<b>&']);
    for (const field of ['userid', 'firstName', 'lastName', 'department']) {
      const inside = `<searchCriteria><${field}>${evil}</${field}></searchCriteria><returnedTags><userid/></returnedTags>`;
      const found = (await cm.call('listUser', inside)).child('return', '')!.elements();
      assert.equal(found.length, field === 'firstName' ? 1 : 0, field);
    }
    assert.equal((await cm.fault('getUser', `<userid>${evil}</userid>`)).axlCode, 5007);
    assert.equal(
      (await cm.fault('executeSQLQuery', `<sql>select userid from enduser where userid = '${evil}'</sql>`)).axlCode,
      -201,
    );
  });

  test('elements of a foreign namespace are not taken for fields', async () => {
    const inside = '<user><lastName xmlns="urn:x">a</lastName><userid>b</userid></user>';
    assert.equal((await cm.fault('addUser', inside)).axlCode, 5003);
  });

  test('children in the namespace of the operation are taken, as some clients have them', async () => {
    await cm.call('addUser', user('inherit'));
    const body = envelope('getUser', '<userid>inherit</userid>')
      .replace('<ns:getUser ', '<getUser xmlns="http://www.cisco.com/AXL/API/14.0" ')
      .replace('</ns:getUser>', '</getUser>');
    assert.match((await cm.ask('POST', '/axl/', XML, body)).text, /<userid>inherit<\/userid>/);
  });
});
