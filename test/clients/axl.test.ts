/**
 * That programs which we did not write provision users over AXL: the npm package cisco-axl, and Python's zeep, which
 * refuses answers whose children stand in another order than the schema's.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ADMINISTRATOR, type AxlUnderTest, startAxl } from '../support/axl-server.ts';
import { missingPackages } from './debian.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const SCHEMAS = join(import.meta.dirname, '../../node_modules/cisco-axl/schema');
const skip = (await missingPackages('python3-zeep')) ?? false;

interface CiscoAxl {
  _OPTIONS: { endpoint: string };
  executeOperation(operation: string, tags: object, options?: object): Promise<unknown>;
  returnOperations(filter?: string): Promise<string[]>;
}

const Service = require('cisco-axl') as new (host: string, user: string, password: string, version: string) => CiscoAxl;

describe('cisco-axl, a package of npm', () => {
  let cm: AxlUnderTest;
  let insecure: string | undefined;
  before(async () => {
    cm = await startAxl();
    // The package has no other way to take a certificate of the server's own.
    insecure = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  });
  after(async () => {
    if (insecure === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = insecure;
    await cm[Symbol.asyncDispose]();
  });

  for (const version of ['11.0', '12.5', '15.0']) {
    test(`adds, enables, lists by pages and disables in ${version}`, async () => {
      const service = new Service('127.0.0.1', ADMINISTRATOR.name, ADMINISTRATOR.password, version);
      service._OPTIONS.endpoint = `https://127.0.0.1:${cm.port}/axl/`;
      const call = (operation: string, tags: object) =>
        service.executeOperation(operation, tags, { clean: true, removeAttributes: true });
      const prefix = `npm${version.replace('.', '')}`;
      for (const place of [1, 2, 3]) {
        const user = { lastName: 'N', userid: `${prefix}-${place}`, presenceGroupName: 'Standard Presence group' };
        assert.match(String(await call('addUser', { user })), /^\{[0-9A-F-]{36}\}$/);
      }
      await call('updateUser', { userid: `${prefix}-2`, imAndPresenceEnable: 'true' });
      const list = (skip: string, first: string) =>
        call('listUser', {
          searchCriteria: { userid: `${prefix}-%` },
          returnedTags: { userid: '', imAndPresenceEnable: '' },
          skip,
          first,
        });
      assert.deepEqual(JSON.parse(JSON.stringify(await list('1', '2'))), {
        user: [
          { userid: `${prefix}-2`, imAndPresenceEnable: 'true' },
          { userid: `${prefix}-3`, imAndPresenceEnable: 'false' },
        ],
      });
      await call('updateUser', { userid: `${prefix}-2`, imAndPresenceEnable: 'false' });
      const object = await cm.directory.get('User', { name: `${prefix}-2` });
      assert.equal(object!.fields.imAndPresenceEnable, false);
      await assert.rejects(call('getUser', { userid: 'nobody' }));
    });
  }
});

describe('zeep, strict', { skip, timeout: 300_000 }, () => {
  for (const version of ['11.0', '14.0']) {
    test(`provisions and follows the feed of changes in ${version}`, async (t) => {
      const cm = await startAxl();
      t.after(() => cm[Symbol.asyncDispose]());
      const script = join(import.meta.dirname, 'axl/zeep_admin.py');
      const { name, password } = ADMINISTRATOR;
      const wsdl = join(SCHEMAS, version, 'AXLAPI.wsdl');
      const { stdout } = await run('/usr/bin/python3', [
        script,
        wsdl,
        `https://127.0.0.1:${cm.port}/axl/`,
        name,
        password,
      ]);
      assert.deepEqual(JSON.parse(stdout), {
        version: '9.0.1.10000(37)',
        changes: [
          ['User', 'u'],
          ['User', 'u'],
          ['User', 'r'],
        ],
        pages: [
          [
            ['zeep1', 'false'],
            ['zeep2', 'true'],
          ],
          [
            ['zeep3', 'true'],
            ['zeep5', 'true'],
          ],
        ],
        user: ['User 1', 'Standard Presence group', 'true', 4],
        groups: ['Standard CCM End Users'],
        authenticated: ['true', '0'],
        fault: ['Item not valid: The specified User was not found', '5007'],
        rows: [
          ['zeep1', 'f'],
          ['zeep2', 't'],
          ['zeep3', 't'],
          ['zeep5', 't'],
        ],
        phone: 'Cisco 7965',
        nodes: ['127.0.0.1', 'EnterpriseWideData'],
      });
    });
  }
});
