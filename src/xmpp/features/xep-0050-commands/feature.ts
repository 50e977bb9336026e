/**
 * XEP-0050: Ad-Hoc Commands, version 1.3.0.
 * Whoever holds a role administers the server from a client: each command of the server is one, its input a form.
 */
import { covers, rolesOf, rolesShownTo } from '#accounts/roles.ts';
import { Failure } from '#base/failure.ts';
import type { Caller } from '#commands/caller.ts';
import type { Administration } from '#commands/command.ts';
import { type Element, element } from '#xml/element.ts';
import type { AdHocCall, AdHocNode } from '../../ad-hoc.ts';
import type { XmppEdge } from '../../edge.ts';
import { type IqRequest, xmppFeature } from '../../feature.ts';
import { adHocNodes, type DiscoQuery, discoInfo, discoItems, sessionEnded } from '../../hooks.ts';
import type { Session } from '../../session.ts';
import { FilledForm, writeForm } from '../../wire/data-form.ts';
import { NS_DATA_FORMS, NS_DISCO_INFO, NS_DISCO_ITEMS } from '../../wire/namespaces.ts';
import { StanzaError, type StanzaErrorCondition } from '../../wire/stanza-error.ts';
import { Executions } from './executions.ts';
import { nodeOfCommand } from './node-of-command.ts';

const NS = 'http://jabber.org/protocol/commands';
const ACTIONS = ['cancel', 'complete', 'execute', 'next', 'prev'] as const;
type Action = (typeof ACTIONS)[number];

export const adHocCommands = xmppFeature({
  spec: 'XEP-0050',
  title: 'Ad-Hoc Commands',
  version: '1.3.0',
  status: 'complete',
  note: 'For administration, by role. A command has one stage at most.',
  discoServer: [NS],
  setup(xmpp) {
    const { edge } = xmpp;
    const executions = new Executions(edge.clock);
    xmpp.on(adHocNodes, 'collect', ({ nodes }) => {
      for (const command of edge.administration()?.commands.all() ?? [])
        nodes.set(command.name, nodeOfCommand(command));
    });
    xmpp.on(discoInfo, 'collect', (query) => describe(edge, query));
    xmpp.on(discoItems, 'collect', (query) => list(edge, query));
    xmpp.on(sessionEnded, 'observe', (session) => executions.forget(session));
    xmpp.onIqSet({ ns: NS, name: 'command', at: 'server' }, (iq) => take(edge, executions, iq));
  },
});

function nodesOf(edge: XmppEdge): Map<string, AdHocNode> {
  const nodes = new Map<string, AdHocNode>();
  edge.homes.hooks.run(adHocNodes, { nodes });
  return nodes;
}

/** §2.2. */
function describe(edge: XmppEdge, { session, home, node, answer }: DiscoQuery): void {
  if (home !== undefined || node === undefined || session === undefined) return;
  if (node === NS) {
    answer.push(identity('command-list', 'Administration'));
    return;
  }
  const found = nodesOf(edge).get(node);
  if (found === undefined) return;
  if (!covers(rolesShownTo(session.home), found.role))
    throw new Failure('forbidden', `It takes the role ${found.role}.`);
  answer.push(identity('command-node', found.name));
  for (const name of [NS, NS_DATA_FORMS]) answer.push(element('feature', NS_DISCO_INFO, { var: name }));
}

function identity(type: string, name: string): Element {
  return element('identity', NS_DISCO_INFO, { category: 'automation', type, name });
}

/** §2.2: each is shown those that it may run. */
function list(edge: XmppEdge, { session, home, node, answer }: DiscoQuery): void {
  if (home !== undefined || node !== NS || session === undefined) return;
  const held = rolesShownTo(session.home);
  for (const { node: each, name, role } of nodesOf(edge).values()) {
    if (covers(held, role)) answer.push(element('item', NS_DISCO_ITEMS, { jid: session.jid.domain, node: each, name }));
  }
}

async function take(edge: XmppEdge, executions: Executions, iq: IqRequest): Promise<Element> {
  const { session, payload } = iq;
  const { node = '', action = 'execute', sessionid } = payload.attributes;
  const administration = edge.administration();
  if (administration === undefined) throw new StanzaError('service-unavailable');
  if (!isAction(action)) throw refusal('bad-request', 'malformed-action', 'There is no such action.');
  const caller = await callerOf(edge, session);
  const found = nodesOf(edge).get(node);
  await checkRole(administration, caller, node, found);
  if (found === undefined) throw new StanzaError('item-not-found', { text: 'There is no such command.' });
  const call: AdHocCall = {
    run: (command, input) => administration.commands.run(command, input, administration.context, caller),
  };
  if (sessionid === undefined) return begin(executions, session, found, call, action);
  checkExecution(executions, session, node, sessionid);
  return goOn(executions, found, call, { action, sessionid, iq });
}

/** What somebody may do now, whatever was so when they signed in. */
async function callerOf({ accounts, homes }: XmppEdge, session: Session): Promise<Caller> {
  if (!session.stream?.secured) {
    throw new StanzaError('not-authorized', { text: 'Others can read this connection: use TLS.' });
  }
  const account = await accounts.find(session.jid.bare);
  const roles = account === undefined ? [] : await rolesOf(homes.database, account);
  return { name: session.jid.bare, face: 'ad hoc', roles };
}

/** Whoever holds no role does not learn which commands there are. */
async function checkRole(
  { context }: Administration,
  caller: Caller,
  node: string,
  found: AdHocNode | undefined,
): Promise<void> {
  if (found === undefined ? caller.roles.length > 0 : covers(caller.roles, found.role)) return;
  const reason = found === undefined ? 'it takes a role' : `it takes the role ${found.role}`;
  await context.audit?.refuse({ caller, command: node, subject: '' }, reason);
  throw new Failure('forbidden', `${reason}: ask an administrator for it`);
}

/** §2.4.1, §2.4.2. */
async function begin(
  executions: Executions,
  session: Session,
  found: AdHocNode,
  call: AdHocCall,
  action: Action,
): Promise<Element> {
  if (action !== 'execute') throw refusal('bad-request', 'bad-action', 'It begins with execute.');
  if (found.form === undefined) return done(found, executions.newId(), await found.run(call, undefined));
  const form = await found.form(call);
  const sessionid = executions.begin(session, found.node);
  if (sessionid === undefined) {
    throw new StanzaError('resource-constraint', { text: 'Too many commands are begun; end or cancel some.' });
  }
  const actions = element('actions', NS, { execute: 'complete' }, element('complete', NS));
  return command(found.node, sessionid, 'executing', actions, writeForm({ ...form, type: 'form' }));
}

function checkExecution(executions: Executions, session: Session, node: string, sessionid: string): void {
  const known = executions.find(sessionid, session);
  if (known === 'expired') throw refusal('not-allowed', 'session-expired', 'It took too long; begin again.');
  if (known !== node) throw refusal('bad-request', 'bad-sessionid', 'No execution of this command has that id.');
}

/** §2.4.2, §2.4.3. */
async function goOn(
  executions: Executions,
  found: AdHocNode,
  call: AdHocCall,
  { action, sessionid, iq }: { action: Action; sessionid: string; iq: IqRequest },
): Promise<Element> {
  const { session, payload } = iq;
  if (action === 'cancel') {
    executions.end(sessionid, session);
    return command(found.node, sessionid, 'canceled');
  }
  if (action !== 'execute' && action !== 'complete') {
    throw refusal('bad-request', 'bad-action', 'There is one stage: complete it, or cancel.');
  }
  const filled = FilledForm.in(payload);
  if (filled === undefined) throw refusal('bad-request', 'bad-payload', 'The form is to be filled in and sent.');
  const result = await found.run(call, filled);
  executions.end(sessionid, session);
  return done(found, sessionid, result);
}

function done({ node }: AdHocNode, sessionid: string, { note, payload }: Awaited<ReturnType<AdHocNode['run']>>) {
  const sentence = note === undefined ? undefined : element('note', NS, { type: 'info' }, note);
  return command(node, sessionid, 'completed', sentence, payload);
}

function command(
  node: string,
  sessionid: string,
  status: 'executing' | 'completed' | 'canceled',
  ...children: (Element | undefined)[]
): Element {
  return element('command', NS, { node, sessionid, status }, ...children);
}

function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text);
}

/** §3.7: the error that a reader knows, and the command's own. */
function refusal(condition: StanzaErrorCondition, own: string, text: string): StanzaError {
  return new StanzaError(condition, { text, application: element(own, NS) });
}
