/** The composition root: reads the settings, builds each area, starts and stops them. Nothing imports it but the door. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Accounts } from '#accounts/accounts.ts';
import { ApiTokens } from '#accounts/api-tokens.ts';
import { followAccounts, Homes } from '#accounts/homes.ts';
import { passwordSettings, throttleSettings } from '#accounts/settings.ts';
import { Throttle } from '#accounts/throttle.ts';
import { apiHandler } from '#admin/api/api.ts';
import { API } from '#admin/api/paths.ts';
import { apiSettings } from '#admin/api/settings.ts';
import { startControl } from '#admin/control.ts';
import { startHttp } from '#admin/http.ts';
import { HttpListener } from '#admin/http-listener.ts';
import { httpsFigures, startHttps } from '#admin/https.ts';
import { httpSettings, httpsSettings } from '#admin/settings.ts';
import { AxlClient } from '#axl/client/axl-client.ts';
import { type EmbeddedAxl, type Link, openLink } from '#axl/client/link.ts';
import { unifiedCmSettings } from '#axl/client/settings.ts';
import { AXL_PATH, AxlServer, axlFigures } from '#axl/server/axl-server.ts';
import { axlServerSettings } from '#axl/server/settings.ts';
import { Certificates } from '#base/certificates.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { featureSettings } from '#base/feature.ts';
import { Hooks } from '#base/hook.ts';
import { type HttpHandler, type HttpRoutes, HttpRouteTable } from '#base/http-routes.ts';
import { Settings } from '#base/loaded-settings.ts';
import { createLog, type Log, logSettings, silentLog } from '#base/log.ts';
import { LogFile } from '#base/log-file.ts';
import { Metrics } from '#base/metrics.ts';
import type { SettingsGroup } from '#base/settings.ts';
import { settingsTemplate } from '#base/settings-template.ts';
import { applySettings, watchSettings } from '#base/settings-watch.ts';
import { Bulk } from '#bulk/bulk.ts';
import { bulkSettings } from '#bulk/settings.ts';
import { allCommands } from '#commands/all.ts';
import { AuditLog } from '#commands/audit-log.ts';
import { auditSettings } from '#commands/audit-settings.ts';
import type { Administration, CommandContext, ServerFacts } from '#commands/command.ts';
import type { Operations, Part } from '#commands/operations.ts';
import type { SetupControl } from '#commands/setup.ts';
import type { TopologyControl } from '#commands/topology.ts';
import { addMutualContacts } from '#contacts/editing.ts';
import { contactLimits } from '#contacts/settings.ts';
import { startContacts } from '#contacts/subscribing.ts';
import { Directory } from '#directory/directory.ts';
import { LdapSync } from '#directory/ldap/ldap-sync.ts';
import { messagingSettings } from '#messaging/settings.ts';
import { loadStanding } from '#messaging/standing-messages.ts';
import { startMessaging } from '#messaging/start.ts';
import { presenceSettingsChanged, startPresence } from '#presence/publishing.ts';
import { restoreSources } from '#presence/restoring.ts';
import { presenceSettings } from '#presence/settings.ts';
import { checkAll, type Listener } from '#setup/checks.ts';
import { clusterFolder } from '#setup/cluster-folder.ts';
import { type DataFolder, makeDataFolder, openDataFolder } from '#setup/data-folder.ts';
import { type AddPerson, demoPeople, firstAdministrator, type SignIn } from '#setup/first-start.ts';
import type { CallManagerAnswers } from '#setup/install-answers.ts';
import type { InstallCallManager } from '#setup/install-checks.ts';
import { type Installation, lockedBecause, readInstallation, writeInstallation } from '#setup/installation.ts';
import { serverSettings, storeSettings } from '#setup/settings.ts';
import { sipAuthentication } from '#sip/authentication/settings.ts';
import { SipEdge } from '#sip/edge.ts';
import { sipTransactions } from '#sip/transaction/settings.ts';
import { sipLimits, sipListeners } from '#sip/transport/settings.ts';
import type { Database } from '#store/database.ts';
import { postgresInspector, sqliteInspector } from '#store/inspector.ts';
import { openDatabase } from '#store/open.ts';
import { ntpControl } from '#time/ntp-control.ts';
import { timeServerSettings, timeSettings } from '#time/settings.ts';
import { TimeService } from '#time/time-service.ts';
import { JoinListener } from '#topology/join-listener.ts';
import type { JoinRecord } from '#topology/joining.ts';
import { keepCertificate } from '#topology/membership.ts';
import { nodeNameOf } from '#topology/names.ts';
import { formatRelease, ownRelease } from '#topology/release.ts';
import { SecurityPassword } from '#topology/security-password.ts';
import { topologySettings } from '#topology/settings.ts';
import { Topology } from '#topology/topology.ts';
import { XmppEdge } from '#xmpp/edge.ts';
import { xmppLimits, xmppListeners } from '#xmpp/settings.ts';
import { saslSettings } from '#xmpp/stream/sasl-settings.ts';
import { sipFeatures, xmppFeatures } from './features.ts';

/** Every setting there is, in the order in which they are shown. */
export const settingsGroups: readonly SettingsGroup[] = [
  serverSettings,
  httpSettings,
  httpsSettings,
  apiSettings,
  auditSettings,
  logSettings,
  storeSettings,
  timeSettings,
  timeServerSettings,
  topologySettings,
  passwordSettings,
  throttleSettings,
  unifiedCmSettings,
  axlServerSettings,
  contactLimits,
  presenceSettings,
  messagingSettings,
  bulkSettings,
  xmppListeners,
  xmppLimits,
  saslSettings,
  ...xmppFeatures.map((feature) => featureSettings('xmpp', feature)),
  sipListeners,
  sipLimits,
  sipTransactions,
  sipAuthentication,
  ...sipFeatures.map((feature) => featureSettings('sip', feature)),
];

export interface NodeOptions {
  /** Path of the data folder. */
  data: string;
  env?: NodeJS.ProcessEnv;
  /** Settings from the command line, by key in full. */
  overrides?: Readonly<Record<string, unknown>>;
  log?: Log;
  clock?: Clock;
}

export interface ServerOptions extends NodeOptions {
  /** What the server is called; default the machine's name, or what the data folder was made for. */
  domain?: string;
  /** Shifts every listener. */
  portOffset?: number;
  /** Also makes five people to try it with. */
  demo?: boolean;
  /** Ends the program that the server is; undefined where it is but a part of one. */
  shutDown?: () => void;
}

/** All of a server but its listeners: what a command works on while no server runs. */
export interface Node {
  folder: DataFolder;
  /** All domains it serves, its own first. */
  domains: readonly string[];
  settings: Settings;
  log: Log;
  clock: Clock;
  hooks: Hooks;
  metrics: Metrics;
  database: Database;
  accounts: Accounts;
  homes: Homes;
  /** The embedded Unified CM's data. */
  directory: Directory;
  /** Users of the embedded Unified CM that come from LDAP. */
  ldap: LdapSync;
  /** What was done with commands. */
  audit: AuditLog;
  /** Undefined for a data folder that nothing was installed in. */
  installation: Installation | undefined;
  topology: Topology;
  securityPassword: SecurityPassword;
  /** Whole: `9.0.1.10100-1`. */
  release: string;
  close(): Promise<void>;
}

/** A protocol, up and listening. */
export interface RunningEdge {
  readonly name: string;
  /** Port by listener: `{ xmpp: 5222, 'xmpp-tls': 5223 }`. */
  ports: Readonly<Record<string, number>>;
  /** Signed-in devices. */
  devices(): number;
  /** Opens its ports, again where they were closed. */
  listen(portOffset: number): Promise<void>;
  /** Closes its ports and ends its connections, until `listen` is called. */
  close(): Promise<void>;
  /** Ends its connections in the manner of the protocol, then its listeners. */
  stop(): Promise<void>;
}

export interface RunningServer {
  readonly node: Node;
  readonly domain: string;
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly bulk: Bulk;
  /** Port by listener. */
  readonly ports: Readonly<Record<string, number>>;
  /** Made by this start; the only time the password is known. */
  readonly administrator: SignIn | undefined;
  /** The people of the demo, where it was asked for. */
  readonly demo: readonly SignIn[];
  /** Reads the settings file now. @returns whether it was taken */
  reload(): boolean;
  /** Ends in good order: what was acknowledged is on disk. May be called more than once. */
  stop(): Promise<void>;
}

export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** Starts the protocols. Each one listens, with `portOffset` added to its ports, when this resolves. */
async function startEdges(
  node: Node,
  certificates: Certificates,
  https: HttpRoutes,
  throttle: Throttle,
  administration: () => Administration | undefined,
  portOffset: number,
): Promise<RunningEdge[]> {
  const { accounts, settings, metrics, log, clock, domains, homes } = node;
  const options = { homes, accounts, throttle, domains, settings, metrics, log, clock, certificates, version };
  await using started = new AsyncDisposableStack();
  const xmpp = new XmppEdge({ ...options, administration, features: xmppFeatures });
  started.defer(() => xmpp.stop());
  const sip = new SipEdge({ ...options, https, secret: node.folder.secret, features: sipFeatures });
  started.defer(() => sip.stop());
  followAccounts(homes);
  if (lockedBecause(node.installation) === undefined) {
    await xmpp.listen(portOffset);
    await sip.listen(portOffset);
  }
  started.move();
  return [xmpp, sip];
}

/** Where a server with these settings would listen. */
export function plannedListeners(settings: Settings, portOffset: number): Listener[] {
  const { host, port } = settings.of(httpSettings);
  const https = settings.of(httpsSettings);
  const axl = settings.of(axlServerSettings);
  const xmpp = settings.of(xmppListeners);
  const sip = settings.of(sipListeners);
  return [
    { name: 'XMPP', host: xmpp.host, port: xmpp.port + portOffset },
    { name: 'XMPP over TLS', host: xmpp.host, port: xmpp.tlsPort + portOffset },
    ...(sip.port === 0 ? [] : [{ name: 'SIP', host: sip.host, port: sip.port + portOffset }]),
    ...(sip.tlsPort === 0 ? [] : [{ name: 'SIP over TLS', host: sip.host, port: sip.tlsPort + portOffset }]),
    { name: 'HTTP', host, port: port + portOffset },
    ...(https.port === 0 ? [] : [{ name: 'HTTPS', host: https.host, port: https.port + portOffset }]),
    ...(axl.port === 0 ? [] : [{ name: 'AXL', host: axl.host, port: axl.port + portOffset }]),
  ];
}

/** @throws {SettingsProblems} */
export function loadSettings(folder: DataFolder, { env = {}, overrides = {} }: NodeOptions): Settings {
  return Settings.load({ groups: settingsGroups, file: folder.settingsFile, env, overrides });
}

/**
 * Starts a server; its data folder is made where there is none.
 * @throws {Failure} with a sentence that says what to do; nothing is left running
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { portOffset = 0, clock = systemClock } = options;
  const folder = makeDataFolder(options.data, options.domain, settingsTemplate(settingsGroups), clock.now());
  await using started = new AsyncDisposableStack();
  const node = await buildNode(folder, options);
  started.defer(() => node.close());
  await startDirectory(node);
  const { settings, log, accounts, homes, metrics, database } = node;
  const { domain } = folder;

  const time = await TimeService.start({ settings, clock, log, metrics, portOffset });
  started.defer(() => time.stop());
  const certificates = openCertificates(node);
  started.defer(() => certificates.close());
  if (isEmbedded(node)) {
    node.ldap.schedule();
    started.defer(() => node.ldap.stop());
  }
  const axl = await openAxl(node, certificates, portOffset);
  started.defer(() => axl.stop());
  started.defer(settings.onChange(axlServerSettings, (changed) => moveWhereNeeded(axl, changed)));
  const link = await followUnifiedCm(node, axlOf(node, axl, certificates));
  started.defer(async () => link?.stop());

  const befriendAll = (people: readonly string[]) =>
    addMutualContacts(
      homes,
      people.map((address) => ({ address, name: '', groups: [] })),
    );
  const addPerson = personAdder(node, link);
  const administrator = await firstAdministrator(accounts, domain, addPerson);
  const demo = options.demo ? await demoPeople(accounts, domain, folder.secret, befriendAll, addPerson) : [];

  const routes = new HttpRouteTable();
  const throttle = new Throttle(clock, settings.of(throttleSettings));
  let administration: Administration | undefined;
  const edges = await startEdges(node, certificates, routes, throttle, () => administration, portOffset);
  for (const edge of edges) started.defer(() => edge.stop());

  started.defer(restoreSources(homes));
  started.defer(settings.onChange(presenceSettings, () => presenceSettingsChanged(homes)));

  let stopping: Promise<void> | undefined;
  const problems = () => {
    const { state, reason = 'it keeps nothing now' } = database.health();
    return [
      ...(state === 'ok' ? [] : [{ what: 'store', reason }]),
      ...[...certificates.problems].map(([domain, reason]) => ({ what: `certificate of ${domain}`, reason })),
      ...(http.problem === undefined ? [] : [{ what: 'http', reason: http.problem }]),
      ...(https.problem === undefined ? [] : [{ what: 'https', reason: https.problem }]),
      ...(axl.problem === undefined ? [] : [{ what: 'axl', reason: axl.problem }]),
      ...(joining.problem === undefined ? [] : [{ what: 'topology', reason: joining.problem }]),
      ...(setup.lockedBecause === undefined ? [] : [{ what: 'setup', reason: setup.lockedBecause }]),
      ...(stopping === undefined ? [] : [{ what: 'server', reason: 'it is being stopped' }]),
    ];
  };
  metrics.collectProcess();
  const https = await openHttps(node, certificates, routes, portOffset);
  routes.portNow = () => https.port;
  started.defer(() => https.stop());
  started.defer(settings.onChange(httpsSettings, (changed) => moveWhereNeeded(https, changed)));
  const joining = await startJoining(node, time, portOffset);
  started.defer(() => joining.stop());
  if (node.installation?.role === 'subscriber') started.defer(stayInCluster(node));
  const setup = setupOf(node, time, async () => {
    for (const edge of edges) await edge.listen(portOffset);
    await https.move();
  });
  // Its edges are closed until then; what they serve over HTTPS is as well.
  if (setup.lockedBecause !== undefined) {
    log.warn({ reason: setup.lockedBecause }, 'this node serves nobody yet');
    await https.close();
  }
  const http = await openHttp(node, portOffset, problems);
  started.defer(() => http.stop());
  started.defer(settings.onChange(httpSettings, () => void http.move()));

  const ports = () => ({
    ...Object.assign({}, ...edges.map((edge) => edge.ports)),
    http: http.port,
    ...(https.port !== 0 && { https: https.port }),
    ...(axl.port !== 0 && { axl: axl.port }),
    ...(time.port !== undefined && { ntp: time.port }),
    ...(joining.port !== 0 && { join: joining.port }),
  });
  const facts: ServerFacts = {
    startedAt: clock.now(),
    version,
    get ports() {
      return ports();
    },
    devices: () => edges.reduce((sum, edge) => sum + edge.devices(), 0),
    // A wrong clock is worth a word, and no reason to send clients elsewhere: /readyz leaves it out.
    problems: () => [...problems(), ...time.problems(), ...unifiedCmProblems(link)],
  };
  const operations: Operations = {
    ...operationsOf(node, options, ports),
    parts: new Map<string, Part>([
      ...edges.map((edge) => [edge.name, edgePart(edge, portOffset, () => hasPort(settings, edge.name))] as const),
      ['https', portPart(https, () => settings.of(httpsSettings).port !== 0)],
      ['http', portPart(http, () => true)],
    ]),
    shutDown: options.shutDown,
  };
  const bulk = openBulk(node);
  administration = {
    commands: allCommands,
    context: {
      ...commandContext(node, operations, facts, time, joining),
      bulk,
      setup,
      ldap: isEmbedded(node) ? node.ldap : undefined,
      unifiedCm: link?.administration,
    },
  };
  routes.handle(API, serveApi(node, administration, throttle));
  started.defer(node.audit.start());
  const control = await startControl(folder.controlSocket, allCommands, administration.context);
  started.defer(() => control.stop());
  await bulk.start();
  started.defer(() => bulk.stop());
  started.defer(watchSettings(settings, log));

  const running = started.move();
  return {
    node,
    domain,
    settings,
    accounts,
    bulk,
    get ports() {
      return ports();
    },
    administrator,
    demo,
    reload: () => applySettings(settings, log),
    stop() {
      stopping ??= running.disposeAsync();
      return stopping;
    },
  };
}

/** Shared by all that speaks TLS, and read again when what they are read with changes. */
function openCertificates({ folder, domains, settings, log }: Node): Certificates {
  const certificates = new Certificates(folder.tlsFolder, domains, settings.of(xmppListeners), log);
  settings.onChange(xmppListeners, () => certificates.reload());
  return certificates;
}

function openHttp(
  { settings, metrics, log }: Node,
  portOffset: number,
  problems: () => readonly { what: string; reason: string }[],
): Promise<HttpListener> {
  const values = settings.of(httpSettings);
  // 0 lets the system choose.
  const port = () => (values.port === 0 ? 0 : values.port + portOffset);
  const open = () => startHttp({ settings: values, port: port(), metrics, log, problems });
  return HttpListener.start({ name: 'HTTP', log, open });
}

function openHttps(
  { settings, metrics, log }: Node,
  certificates: Certificates,
  routes: HttpRouteTable,
  portOffset: number,
): Promise<HttpListener> {
  const values = settings.of(httpsSettings);
  const options = { settings: values, certificates, routes, figures: httpsFigures(metrics), log };
  const open = async () => (values.port === 0 ? undefined : startHttps(options, values.port + portOffset));
  return HttpListener.start({ name: 'HTTPS', log, open });
}

/** Whether the end users are in this node's own Unified CM. */
function isEmbedded({ settings, installation }: Node): boolean {
  return settings.of(unifiedCmSettings).host === '' && installation?.role !== 'subscriber';
}

/** The embedded Unified CM's AXL. Where another Unified CM owns the users, and on subscribers, there is none. */
function openAxl(node: Node, certificates: Certificates, portOffset: number): Promise<HttpListener> {
  const { settings, metrics, log, clock, directory, ldap, database } = node;
  const values = settings.of(axlServerSettings);
  const isStoreWell = () => database.health().state === 'ok';
  const options = { directory, settings: values, throttle: settings.of(throttleSettings), clock, metrics, log };
  const axl = new AxlServer({ ...options, isStoreWell, ldapSync: ldap });
  const routes = new HttpRouteTable();
  routes.handle(AXL_PATH, axl.handle);
  const figures = axlFigures(metrics);
  const open = async () => {
    if (values.port === 0 || !isEmbedded(node)) return undefined;
    try {
      return await startHttps({ settings: values, certificates, routes, figures, log }, values.port + portOffset);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(error.kind, `AXL: ${error.message}; the setting is unifiedCm.axl.port, and 0 closes it`, {
        cause: error,
      });
    }
  };
  return HttpListener.start({ name: 'AXL', log, open });
}

/** Every command, for who holds a role or a token. */
function serveApi(node: Node, administration: Administration, throttle: Throttle): HttpHandler {
  const { accounts, database, clock, settings } = node;
  const tokens = new ApiTokens(database, clock);
  return apiHandler({ ...administration, accounts, tokens, throttle, settings: settings.of(apiSettings), version });
}

/** The other settings of the port are read as they are needed, and end no connection. */
function moveWhereNeeded(https: HttpListener, changed: readonly string[]): void {
  if (changed.some((name) => ['host', 'port', 'requestSeconds'].includes(name))) void https.move();
}

function openBulk({
  folder,
  domains,
  settings,
  clock,
  log,
  database,
  accounts,
  homes,
  directory,
  installation,
}: Node): Bulk {
  const bulk = settings.of(bulkSettings);
  const world = {
    database,
    accounts,
    homes,
    directory: settings.of(unifiedCmSettings).host === '' ? directory : undefined,
    domains,
    isVisibleToAll: () => settings.of(presenceSettings).visibility === 'everyone',
    maxContacts: () => settings.of(contactLimits).maxContacts,
    defaultGroup: () => bulk.defaultGroup,
  };
  const isPublisher = installation?.role !== 'subscriber';
  return new Bulk({ world, clock, log, settings: bulk, data: folder.path, isPublisher });
}

/** Where subscribers join; on a subscriber itself nobody does, for its topology is empty. */
function startJoining(node: Node, time: TimeService, portOffset: number): Promise<JoinListener> {
  const { folder, settings, clock, log, topology, securityPassword: password, release, audit } = node;
  const { host, port } = settings.of(topologySettings);
  return JoinListener.start({
    ...{ topology, password, release, clock, log, host },
    files: clusterFolder(folder.path),
    domain: folder.domain,
    port: port === 0 ? undefined : port + portOffset,
    throttle: new Throttle(clock, settings.of(throttleSettings)),
    record: joinRecord(audit),
    clockInSync: () => time.inSync(),
  });
}

function joinRecord(audit: AuditLog): JoinRecord {
  // Named by address, so that one who makes up names is one caller.
  const action = ({ node, address }: { node: string; address: string }) => ({
    caller: { name: `node at ${address}`, face: 'server' as const, roles: [] },
    command: 'topology.join',
    subject: node,
  });
  return {
    begin: (applicant) => audit.begin(action(applicant)),
    end: (applicant, begun, outcome, detail) => audit.end(action(applicant), begun, outcome, detail),
    refuse: (applicant, detail) => audit.refuse(action(applicant), detail),
  };
}

/** Keeps the certificate of a subscriber. @returns what ends that */
function stayInCluster({ folder, settings, clock, log, release, installation }: Node): () => void {
  let now = installation!;
  return keepCertificate({
    clock,
    log,
    settings: settings.of(topologySettings),
    endsAt: () => now.publisher?.certificateEndsAt ?? Number.MAX_SAFE_INTEGER,
    async renew() {
      const { renewCertificate } = await import('#topology/join-cluster.ts');
      const publisher = now.publisher!;
      const own = { name: now.node, release, files: clusterFolder(folder.path), clock };
      const { certificateEndsAt } = await renewCertificate(publisher, publisher.name, own);
      now = { ...now, publisher: { ...publisher, certificateEndsAt } };
      writeInstallation(folder.path, now);
    },
  });
}

/** @param letIn opens the ports for people */
function setupOf({ folder, installation }: Node, time: TimeService, letIn: () => Promise<void>): SetupControl {
  let now = installation;
  const followCallManager = () => {
    if (now?.state !== 'finished' || now.callManager === '') return;
    time.useInstead({ servers: [now.callManager], note: 'the Unified CM publisher, since the setup was finished' });
  };
  followCallManager();
  return {
    get lockedBecause() {
      return lockedBecause(now);
    },
    callManager: installation?.callManager ?? '',
    async finish() {
      const reason = lockedBecause(now);
      if (reason === undefined || now === undefined) return;
      if (now.state !== 'installed' || now.role === 'subscriber') throw new Failure('unavailable', reason);
      now = { ...now, state: 'finished' };
      writeInstallation(folder.path, now);
      await letIn();
      followCallManager();
    },
  };
}

function topologyControl(node: Node, joining: JoinListener | undefined): TopologyControl | undefined {
  const { installation, topology, securityPassword } = node;
  if (installation?.role === 'subscriber') return undefined;
  return {
    show: () => topology.show(),
    addSubcluster: (name) => topology.addSubcluster(name),
    removeSubcluster: (name) => topology.removeSubcluster(name),
    async addNode(name, subcluster) {
      await topology.addNode(name, subcluster);
      await joining?.update();
    },
    async removeNode(name) {
      await topology.removeNode(name);
      await joining?.update();
    },
    assign: (name, subcluster) => topology.assign(name, subcluster),
    async setSecurityPassword(password, current) {
      await securityPassword.set(password, current);
      await joining?.update();
    },
    get joinPort() {
      return joining?.port;
    },
  };
}

/** Opens the data folder of a server that does not run. @throws {Failure} where it runs, or there is none */
export async function openContext(options: NodeOptions): Promise<{ context: CommandContext; close(): Promise<void> }> {
  const node = await buildNode(openDataFolder(options.data), options);
  await using opened = new AsyncDisposableStack();
  opened.defer(() => node.close());
  await startDirectory(node);
  const link = await openUnifiedCm(node, undefined);
  opened.defer(async () => link?.stop());
  const context = { ...commandContext(node, operationsOf(node, options)), unifiedCm: link?.administration };
  const moved = opened.move();
  return { context, close: () => moved.disposeAsync() };
}

/** Keeps the security password of the cluster in a data folder whose server does not run. */
export async function keepSecurityPassword(options: NodeOptions, password: string): Promise<void> {
  const node = await buildNode(openDataFolder(options.data), options);
  try {
    await node.securityPassword.put(password);
  } finally {
    await node.close();
  }
}

/** How long an installation waits for a Unified CM that does not answer, or is busy. */
const INSTALL_PATIENCE = { requestSeconds: 20, retrySeconds: 10 };

/** Reaches a Unified CM that a node is to be installed for. */
export function callManager(answers: CallManagerAnswers): InstallCallManager {
  const { host, address, port, user, password, fingerprint } = answers;
  return new AxlClient({
    ...{ name: host, host: address ?? host, user, password, connections: 1, settings: INSTALL_PATIENCE },
    port: () => port,
    trust:
      fingerprint === undefined ? { by: 'ca', ca: undefined } : { by: 'fingerprint', fingerprint: () => fingerprint },
    clock: systemClock,
    log: silentLog(),
    metrics: new Metrics(),
  });
}

/** @param ports of the running server; undefined while none runs */
function operationsOf(
  { folder, settings, metrics, release }: Node,
  { data, env = {}, portOffset = 0 }: ServerOptions,
  ports?: () => Readonly<Record<string, number>>,
): Operations {
  const isEmbedded = settings.of(storeSettings).kind === 'sqlite';
  return {
    folder: folder.path,
    tlsFolder: folder.tlsFolder,
    logFolder: logFolder(folder),
    release,
    store: isEmbedded ? sqliteInspector(folder.storeFile) : postgresInspector(),
    metrics,
    parts: new Map(),
    check: () =>
      checkAll({
        data,
        groups: settingsGroups,
        env,
        listeners: (loaded) => plannedListeners(loaded, portOffset),
        ...(ports && { running: ports() }),
        now: Date.now(),
      }),
  };
}

/** Whether the settings give an edge anything to listen on. */
function hasPort(settings: Settings, edge: string): boolean {
  const { port, tlsPort } = edge === 'sip' ? settings.of(sipListeners) : settings.of(xmppListeners);
  return port !== 0 || tlsPort !== 0;
}

/** One thing at a time: it is closed whole before it is opened, whoever asks. */
function edgePart(edge: RunningEdge, portOffset: number, isConfigured: () => boolean): Part {
  let last: Promise<unknown> = Promise.resolve();
  const isOpen = () => Object.keys(edge.ports).length > 0;
  const next = (run: () => Promise<void>): Promise<void> => {
    const done = last.then(run);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    isConfigured,
    isOpen,
    problem: () => undefined,
    open: () =>
      next(async () => {
        if (isOpen()) return;
        try {
          await edge.listen(portOffset);
        } catch (error) {
          await edge.close();
          throw error;
        }
      }),
    close: () => next(() => edge.close()),
  };
}

function portPart(listener: HttpListener, isConfigured: () => boolean): Part {
  return {
    isConfigured,
    isOpen: () => listener.port !== 0,
    problem: () => listener.problem,
    async open() {
      await listener.move();
      if (listener.problem !== undefined) throw new Failure('conflict', listener.problem);
    },
    close: () => listener.close(),
  };
}

function logFolder({ path }: DataFolder): string {
  return join(path, 'logs');
}

function openLog(folder: DataFolder, settings: Settings): Log {
  const limits = settings.of(logSettings);
  const { level, format } = limits;
  return createLog({
    level,
    format,
    ...(limits.file && { file: new LogFile(join(logFolder(folder), 'rollcall.log'), limits) }),
  });
}

/** What the commands work on. @param server undefined while no server runs */
function commandContext(
  node: Node,
  operations: Operations,
  server?: ServerFacts,
  service?: TimeService,
  joining?: JoinListener,
): CommandContext {
  const { folder, domains, accounts, homes, settings, log } = node;
  const time = ntpControl(node, service);
  return {
    domain: folder.domain,
    domains,
    accounts,
    homes,
    settings,
    log,
    server,
    audit: node.audit,
    directory: ownsUsers(node) ? node.directory : undefined,
    operations,
    time,
    topology: topologyControl(node, joining),
  };
}

async function buildNode(folder: DataFolder, options: NodeOptions): Promise<Node> {
  const { clock = systemClock } = options;
  const settings = loadSettings(folder, options);
  const log = options.log ?? openLog(folder, settings);
  settings.onChange(logSettings, () => {
    log.level = settings.of(logSettings).level;
  });
  for (const warning of settings.warnings) log.warn(warning);
  const hooks = new Hooks((hook, err) => log.error({ err, hook }, 'a handler failed'));
  const database = await openStore(folder, settings, clock);
  const passwords = settings.of(passwordSettings);
  const accounts = new Accounts({ database, clock, hooks, secret: folder.secret, settings: passwords });
  const find = async (address: string) => {
    const account = await accounts.find(address);
    return account?.enabled ? account : undefined;
  };
  const homes = new Homes({ database, clock, hooks, log, find });
  const domains = [folder.domain, ...settings.of(serverSettings).domains];
  startContacts(homes, settings.of(contactLimits));
  startPresence(homes, { settings: settings.of(presenceSettings), domains });
  startMessaging(homes, settings.of(messagingSettings));
  await loadStanding(homes);
  const installation = readInstallation(folder.path);
  const release = formatRelease(ownRelease(settings.of(topologySettings).releaseLine, version));
  const topology = new Topology({ database, clock, settings: settings.of(topologySettings) });
  if (installation?.role !== 'subscriber')
    await topology.ensurePublisher(installation?.node ?? nodeNameOf(hostname()), release);
  const { directory, ldap } = openDirectory({ database, clock, log, folder, passwords, release });
  const audit = new AuditLog({ database, clock, log, secret: folder.secret, settings: settings.of(auditSettings) });
  return {
    folder,
    domains,
    settings,
    log,
    clock,
    hooks,
    metrics: new Metrics(),
    database,
    accounts,
    homes,
    directory,
    ldap,
    audit,
    installation,
    topology,
    securityPassword: new SecurityPassword(database, clock),
    release,
    async close() {
      homes.close();
      await database.close();
    },
  };
}

function openDirectory(options: {
  database: Database;
  clock: Clock;
  log: Log;
  folder: DataFolder;
  passwords: { readonly iterations: number };
  release: string;
}): { directory: Directory; ldap: LdapSync } {
  const { database, clock, log, folder, passwords, release } = options;
  const directory: Directory = new Directory({
    database,
    clock,
    domain: folder.domain,
    secret: folder.secret,
    version: release,
    node: nodeNameOf(hostname()),
    get iterations() {
      return passwords.iterations;
    },
    bind: (user, password) => ldap.bind(user, password),
  });
  const ldap = new LdapSync({ directory, clock, log });
  return { directory, ldap };
}

/** Whether the embedded Unified CM is the one that this node belongs to. */
function ownsUsers({ settings, installation }: Node): boolean {
  return installation?.role !== 'subscriber' && settings.of(unifiedCmSettings).host === '';
}

/** Subscribers have no Unified CM of their own. */
async function startDirectory({ directory, installation }: Node): Promise<void> {
  if (installation?.role !== 'subscriber') await directory.start();
}

/** @param axl where the embedded Unified CM answers AXL. @returns undefined for a subscriber, which follows none itself */
async function openUnifiedCm(node: Node, axl: EmbeddedAxl | undefined): Promise<Link | undefined> {
  const { folder, settings, accounts, homes, metrics, domains, release, directory, installation } = node;
  if (installation?.role === 'subscriber') return undefined;
  const values = settings.of(unifiedCmSettings);
  return openLink({
    folder: folder.path,
    settings: values,
    accounts,
    homes,
    metrics,
    domains,
    release,
    directory,
    axl,
  });
}

/** How the embedded Unified CM is reached; undefined where its port is closed. */
function axlOf({ settings }: Node, axl: HttpListener, certificates: Certificates): EmbeddedAxl | undefined {
  if (axl.port === 0) return undefined;
  const { host } = settings.of(axlServerSettings);
  return { host, port: () => axl.port, fingerprint: () => certificates.for(undefined).certificate.fingerprint256 };
}

/** A real one may be away: people sign in as they could when it was last read. */
async function followUnifiedCm(node: Node, axl?: EmbeddedAxl): Promise<Link | undefined> {
  const link = await openUnifiedCm(node, axl);
  if (link === undefined) return undefined;
  const started = link.agent.start().then(() => {
    const { unifiedCm, version: itsVersion, users, error } = link.agent.status();
    if (error === undefined) node.log.info({ unifiedCm, version: itsVersion, ...users }, 'Unified CM is followed');
  });
  if (link.isEmbedded) await started;
  return link;
}

function unifiedCmProblems(link: Link | undefined): { what: string; reason: string }[] {
  const { error, match, matchReason = '' } = link?.agent.status() ?? {};
  return [
    ...(error === undefined ? [] : [{ what: 'unified-cm', reason: error }]),
    ...(match === false ? [{ what: 'release of Unified CM', reason: matchReason }] : []),
  ];
}

/** Nobody is added to a real Unified CM who was not asked for there. */
function personAdder({ accounts }: Node, link: Link | undefined): AddPerson {
  if (link?.isEmbedded !== true) return (person) => accounts.add(person);
  const { administration } = link;
  return async ({ address, password }) => {
    const { endUser } = (await accounts.find(address)) ?? {};
    if (endUser === undefined) await administration.add(address, password);
    else await administration.setPassword(endUser, password);
  };
}

function openStore(folder: DataFolder, settings: Settings, clock: Clock): Promise<Database> {
  const { kind, url } = settings.of(storeSettings);
  if (kind === 'sqlite') return openDatabase({ kind, file: folder.storeFile }, clock);
  if (url === '') throw new Failure('malformed', 'store.kind is postgres, and store.url is missing');
  return openDatabase({ kind, url }, clock);
}
