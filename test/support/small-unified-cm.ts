/**
 * A Unified CM as small as can be, for what a real one does seldom: too busy, half answers, garbage, other versions. It
 * speaks real HTTPS and SOAP, and knows end users and their changes.
 */
import { X509Certificate } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '#setup/self-signed.ts';
import { type Element, element } from '#xml/element.ts';
import { readEnvelope, writeEnvelope, writeFault } from '../../src/axl/wire/envelope.ts';

export interface SmallUser {
  uuid: string;
  userid: string;
  [field: string]: string;
}

export interface AskedFor {
  operation: string;
  version: string;
  element: Element;
}

/** Answers a request by itself. @returns false to have it answered as usual */
export type Interception = (asked: AskedFor, response: ServerResponse) => boolean;

export interface SmallUnifiedCm {
  readonly port: number;
  /** SHA-256 of its certificate. */
  readonly fingerprint: string;
  /** PEM. */
  readonly certificate: string;
  /** By uuid. */
  readonly users: Map<string, SmallUser>;
  /** Operations asked for, in order, with the schema: `14.0 listUser`. */
  readonly asked: string[];
  /** The most requests that were under way at once. */
  readonly atOnce: () => number;
  productVersion: string;
  /** Schemas that it takes; others are answered 599. */
  schemas: (version: string) => boolean;
  queueId: string;
  password: string;
  intercept: Interception | undefined;
  /** Adds or changes an end user, and tells it in the change list. */
  put(user: Partial<SmallUser> & { userid: string }): SmallUser;
  remove(userid: string): void;
  stop(): Promise<void>;
}

const USER = 'sync';

export async function startSmallUnifiedCm(): Promise<SmallUnifiedCm> {
  const { key, certificate } = selfSigned(['localhost'], Date.now());
  const users = new Map<string, SmallUser>();
  const changes: { id: number; uuid: string; action: string }[] = [];
  const asked: string[] = [];
  let serial = 0;
  let now = 0;
  let most = 0;

  const server = createServer({ key, cert: certificate }, (request, response) => {
    now++;
    most = Math.max(most, now);
    response.on('close', () => now--);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const credentials = Buffer.from(`${USER}:${cm.password}`).toString('base64');
      if (request.headers.authorization !== `Basic ${credentials}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="AXL"' }).end('<html>Unauthorized</html>');
        return;
      }
      const read = readEnvelope(Buffer.concat(chunks).toString());
      if (read.fault !== undefined) throw new Error('a request is no fault');
      const one: AskedFor = { operation: read.operation, version: read.version ?? '', element: read.element };
      asked.push(`${one.version} ${one.operation}`);
      if (cm.intercept?.(one, response)) return;
      if (!cm.schemas(one.version)) {
        response.writeHead(599).end('Schema Not Supported');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.end(answer(one, response));
    });
  });

  function answer({ operation, version, element: request }: AskedFor, response: ServerResponse): string {
    const reply = (...children: Element[]) => writeEnvelope(version, `${operation}Response`, children);
    const result = (...children: (Element | string)[]) => reply(element('return', '', {}, ...children));
    const first = Number(request.childText('first', '') ?? Number.MAX_SAFE_INTEGER);
    const skip = Number(request.childText('skip', '') ?? 0);
    const uuid = (request.childText('uuid', '') ?? '').replace(/[{}]/g, '').toLowerCase();
    switch (operation) {
      case 'getCCMVersion':
        return result(element('componentVersion', '', {}, element('version', '', {}, cm.productVersion)));
      case 'listUser': {
        const sorted = [...users.values()].sort((a, b) => (a.userid < b.userid ? -1 : 1));
        return result(...sorted.slice(skip, skip + first).map(write));
      }
      case 'getUser': {
        const user = users.get(uuid);
        if (user !== undefined) return result(write(user));
        break;
      }
      case 'listChange': {
        const start = request.child('startChangeId', '');
        const from = Number(start?.text() ?? changes.length + 1);
        const told = changes.filter(({ id }) => id >= from);
        const info = { firstChangeId: 1, lastChangeId: changes.length, nextStartChangeId: changes.length + 1 };
        return reply(
          element(
            'queueInfo',
            '',
            {},
            ...Object.entries(info).map(([name, value]) => element(name, '', {}, String(value))),
            element('queueId', '', {}, cm.queueId),
          ),
          element(
            'changes',
            '',
            {},
            ...told.map((change) =>
              element(
                'change',
                '',
                { type: 'User', uuid: `{${change.uuid.toUpperCase()}}` },
                element('id', '', {}, String(change.id)),
                element('action', '', {}, change.action),
              ),
            ),
          ),
        );
      }
      case 'listAssignedPresenceUsers':
        return result(
          ...[...users.values()]
            .slice(skip, skip + first)
            .map(({ userid, node = '' }) =>
              element(
                'assignedPresenceUsers',
                '',
                {},
                element('userid', '', {}, userid),
                element('server', '', {}, node),
              ),
            ),
        );
      case 'doAuthenticateUser': {
        const found = [...users.values()].find(({ userid }) => userid === request.childText('userid', ''));
        const isRight = found !== undefined && found.password === request.childText('password', '');
        return result(element('userAuthenticated', '', {}, String(isRight)), element('code', '', {}, '0'));
      }
      case 'updateUser': {
        const user = users.get(uuid);
        if (user === undefined) break;
        const fields = request.elements().map((child) => [child.name, child.text()]);
        cm.put({ ...user, ...Object.fromEntries(fields.filter(([name]) => name !== 'uuid')) });
        return result(`{${uuid.toUpperCase()}}`);
      }
    }
    response.statusCode = 500;
    return writeFault({
      faultCode: 'Server',
      text: 'Item not valid: The specified User was not found',
      axlCode: 5007,
      request: operation,
    });
  }

  const cm: SmallUnifiedCm = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    fingerprint: new X509Certificate(certificate).fingerprint256,
    certificate,
    users,
    asked,
    atOnce: () => most,
    productVersion: '14.0.1.11900(132)',
    schemas: () => true,
    queueId: 'first',
    password: 'secret',
    intercept: undefined,
    put(given) {
      const known = [...users.values()].find(({ uuid, userid }) => uuid === given.uuid || userid === given.userid);
      const uuid = given.uuid ?? known?.uuid ?? `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`;
      const user: SmallUser = {
        lastName: given.userid,
        homeCluster: 'true',
        imAndPresenceEnable: 'true',
        status: '1',
        ...known,
        ...given,
        uuid,
      };
      users.set(uuid, user);
      changes.push({ id: changes.length + 1, uuid, action: known === undefined ? 'a' : 'u' });
      return user;
    },
    remove(userid) {
      const [user] = [...users.values()].filter((one) => one.userid === userid);
      if (user === undefined) throw new Error(`there is no ${userid}`);
      users.delete(user.uuid);
      changes.push({ id: changes.length + 1, uuid: user.uuid, action: 'r' });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return cm;
}

function write({ uuid, ...fields }: SmallUser): Element {
  const children = Object.entries(fields).filter(([name]) => name !== 'password' && name !== 'node');
  return element(
    'user',
    '',
    { uuid: `{${uuid.toUpperCase()}}` },
    ...children.map(([name, value]) => element(name, '', {}, value)),
  );
}
