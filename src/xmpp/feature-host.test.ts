import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type FeatureHost, featureId, featureSettings } from '#base/feature.ts';
import { Hooks } from '#base/hook.ts';
import { Settings } from '#base/loaded-settings.ts';
import { integer } from '#base/settings.ts';
import { element } from '#xml/element.ts';
import type { XmppEdge } from './edge.ts';
import { xmppFeature } from './feature.ts';
import { hostFeatures } from './feature-host.ts';
import { iqToSession, sessionStarted } from './hooks.ts';

const NS = 'urn:example:feature';
let stopped = 0;
let most = 0;

/** Registers one of everything. */
const everything = xmppFeature({
  spec: 'XEP-9999',
  title: 'Everything',
  version: '1.0',
  status: 'complete',
  settings: { most: integer({ default: 3, min: 1, help: 'How many.' }) },
  setup(xmpp) {
    most = xmpp.settings.most;
    xmpp.onIqGet({ ns: NS, name: 'a' }, () => undefined);
    xmpp.onIqSet({ ns: NS, name: 'a' }, () => undefined);
    xmpp.onElement({ ns: NS, name: 'b' }, () => {});
    xmpp.onElementBeforeBind({ ns: NS, name: 'c' }, () => {});
    xmpp.on(sessionStarted, 'observe', () => {});
    xmpp.on(iqToSession, 'block', () => 'stop');
    xmpp.streamFeature('before-sign-in', () => element('early', NS));
    xmpp.streamFeature('after-sign-in', () => element('late', NS));
    xmpp.onStop(() => stopped++);
  },
});

const rival = xmppFeature({
  spec: 'XEP-9998',
  title: 'Rival',
  version: '1.0',
  status: 'complete',
  setup: (xmpp) => xmpp.onIqGet({ ns: NS, name: 'a' }, () => undefined),
});

let folder: string;
let edge: XmppEdge;
let settings: Settings;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'features-'));
  stopped = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As much of an edge as features register with. */
function makeEdge(
  text: string,
  features: (typeof everything | typeof rival)[],
): FeatureHost<typeof everything | typeof rival> {
  writeFileSync(join(folder, 'settings.yaml'), text);
  const groups = features.map((feature) => featureSettings('xmpp', feature));
  settings = Settings.load({ groups, file: join(folder, 'settings.yaml') });
  const hooks = new Hooks(() => {});
  const tables = { iqGet: new Map(), iqSet: new Map(), elements: new Map(), bindElements: new Map() };
  edge = { ...tables, featureMakers: [], settings, homes: { hooks } } as unknown as XmppEdge;
  return hostFeatures(edge, features);
}

function set(text: string): void {
  writeFileSync(join(folder, 'settings.yaml'), text);
  settings.reload();
}

/** How much of each kind is registered. */
function registered(): number[] {
  const { iqGet, iqSet, elements, bindElements, featureMakers, homes } = edge;
  const hooks = [homes.hooks.has(sessionStarted), homes.hooks.has(iqToSession)].filter(Boolean).length;
  return [iqGet.size, iqSet.size, elements.size, bindElements.size, featureMakers.length, hooks];
}

const ALL = [1, 1, 1, 1, 2, 2];
const NOTHING = [0, 0, 0, 0, 0, 0];
const on = (value: boolean) => `xmpp: { xep-9999: { enabled: ${value} } }`;

test('a feature is called by its number, and so are its settings', () => {
  assert.equal(featureId({ spec: 'XEP-0191' }), 'xep-0191');
  assert.equal(featureId({ spec: 'RFC 6121 §2' }), 'rfc-6121-2');
  assert.equal(featureSettings('xmpp', everything).path, 'xmpp.xep-9999');
});

test('what a feature has registered is withdrawn when its setting says so, and is back when it says so again', () => {
  const host = makeEdge('', [everything]);
  assert.deepEqual(registered(), ALL);
  assert.deepEqual(host.running(), [everything]);
  for (let round = 1; round <= 3; round++) {
    set(on(false));
    assert.deepEqual(registered(), NOTHING);
    assert.deepEqual(host.running(), []);
    assert.equal(stopped, round);
    set(on(true));
    assert.deepEqual(registered(), ALL);
  }
});

test('one that is off from the start registers nothing until it is switched on', () => {
  makeEdge(on(false), [everything]);
  assert.deepEqual(registered(), NOTHING);
  set(on(true));
  assert.deepEqual(registered(), ALL);
});

test('its own settings are there when it starts, and a change of them does not start it again', () => {
  makeEdge('xmpp: { xep-9999: { most: 7 } }', [everything]);
  assert.equal(most, 7);
  set('xmpp: { xep-9999: { most: 8 } }');
  assert.equal(most, 7);
  assert.equal(stopped, 0);
  assert.deepEqual(registered(), ALL);
});

test('a server that stops withdraws all of it', () => {
  makeEdge('', [everything]).stop();
  assert.deepEqual(registered(), NOTHING);
  assert.equal(stopped, 1);
});

test('a request has one handler: a second registration is an error at start, and says whose', () => {
  assert.throws(() => makeEdge('', [everything, rival]), /XEP-9998: \{urn:example:feature\}a has a handler already/);
});
