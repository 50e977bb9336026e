/**
 * The system topology, as the publisher keeps it: which nodes the cluster has, and which of them stand in for each other.
 * Subscribers are entered here before their software is installed. Every step may be repeated: what is so already stays.
 * @see the product description of release 9.0(1), "Publisher and subscriber nodes"
 */
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { Semaphore } from '#base/semaphore.ts';
import type { Values } from '#base/settings.ts';
import type { Database, Row, Statement } from '#store/database.ts';
import { checkNodeName, checkSubclusterName, DEFAULT_SUBCLUSTER } from './names.ts';
import type { topologySettings } from './settings.ts';

/**
 * `listed`: entered, its software is to be installed. `joining`: it has proved the security password and was given a
 * certificate. `installed`: it has said that it holds the certificate.
 */
export type NodeState = 'listed' | 'joining' | 'installed';

export interface TopologyNode {
  readonly name: string;
  readonly role: 'publisher' | 'subscriber';
  /** Undefined until it is assigned. */
  readonly subcluster: string | undefined;
  readonly state: NodeState;
  /** As on the command line; '' until it has joined. */
  readonly release: string;
  /** The IP address that it joined from; '' until then, and for the publisher. */
  readonly address: string;
  /** SHA-256 of the certificate that it is known to hold, in hexadecimal; '' until it has one. Older ones are not renewed. */
  readonly certificate: string;
  /** Of one that it was given and has not confirmed; it may hold either. '' where there is none. */
  readonly nextCertificate: string;
  /** Of the one that it was given last; epoch milliseconds, 0 where there is none. */
  readonly certificateEndsAt: number;
  readonly listedAt: number;
  readonly changedAt: number;
}

export type Certified = Pick<TopologyNode, 'release' | 'address' | 'nextCertificate' | 'certificateEndsAt'>;

export interface Subcluster {
  readonly name: string;
  /** Names of one or two nodes, or none yet; in the order in which they were entered. */
  readonly nodes: readonly string[];
}

export interface TopologyView {
  readonly subclusters: readonly Subcluster[];
  readonly nodes: readonly TopologyNode[];
}

export interface TopologyOptions {
  database: Database;
  clock: Clock;
  settings: Readonly<Pick<Values<typeof topologySettings.shape>, 'maxNodes' | 'maxSubclusters'>>;
}

const NODES_OF_SUBCLUSTER = 2;
const NODE_COLUMNS =
  'name, role, subcluster, state, release, address, certificate, next_certificate, certificate_ends_at, listed_at, changed_at';
const INSERT_NODE = `insert into nodes (${NODE_COLUMNS}) values (?, ?, ?, ?, ?, '', '', '', 0, ?, ?)`;

export class Topology {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #settings: TopologyOptions['settings'];
  readonly #listeners = new Set<() => void>();
  /** A limit is asked about and then relied on, so one change goes at a time. */
  readonly #oneAtATime = new Semaphore(1, 1000);

  constructor({ database, clock, settings }: TopologyOptions) {
    this.#database = database;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Called after each change. @returns withdraws the listener */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async show(): Promise<TopologyView> {
    const [subclusters = [], rows = []] = await this.#database.readAll([
      { sql: 'select name from subclusters order by created_at, name' },
      { sql: `select ${NODE_COLUMNS} from nodes order by listed_at, name` },
    ]);
    const nodes = rows.map(readNode);
    return {
      subclusters: subclusters.map(({ name }) => ({
        name: name as string,
        nodes: nodes.filter(({ subcluster }) => subcluster === name).map((node) => node.name),
      })),
      nodes,
    };
  }

  async node(name: string): Promise<TopologyNode | undefined> {
    const [row] = await this.#database.read(`select ${NODE_COLUMNS} from nodes where name = ?`, [name]);
    return row && readNode(row);
  }

  /**
   * Enters the first node of the cluster and its subcluster, where they are not there yet. A publisher that is there stays,
   * whatever the machine is called by now; its release is kept up.
   * @throws {Failure} 'malformed' for a name that no node may have
   */
  async ensurePublisher(givenName: string, release: string): Promise<void> {
    const name = checkNodeName(givenName);
    await this.#change(async ({ nodes, subclusters }) => {
      const publisher = nodes.find(({ role }) => role === 'publisher');
      const now = this.#clock.now();
      const statements: Statement[] = [];
      if (!subclusters.some((one) => one.name === DEFAULT_SUBCLUSTER))
        statements.push(insertSubcluster(DEFAULT_SUBCLUSTER, now));
      if (publisher === undefined) {
        const values = [name, 'publisher', DEFAULT_SUBCLUSTER, 'installed', release, now, now];
        statements.push({ sql: INSERT_NODE, values });
      } else if (publisher.release !== release) {
        const values = [release, now, publisher.name];
        statements.push({ sql: 'update nodes set release = ?, changed_at = ? where name = ?', values });
      }
      return statements;
    });
  }

  /** @throws {Failure} 'malformed' for its name, 'over-limit' when there are enough */
  addSubcluster(given: string): Promise<void> {
    const name = checkSubclusterName(given);
    return this.#change(async ({ subclusters }) => {
      if (subclusters.some((one) => fold(one.name) === fold(name))) return [];
      const { maxSubclusters } = this.#settings;
      if (subclusters.length >= maxSubclusters) {
        throw new Failure(
          'over-limit',
          `a cluster has at most ${maxSubclusters} subclusters; remove one, or raise topology.maxSubclusters`,
        );
      }
      return [insertSubcluster(name, this.#clock.now())];
    });
  }

  /** @throws {Failure} 'forbidden' for the first one, 'conflict' while it holds nodes, 'not-found' */
  removeSubcluster(given: string): Promise<void> {
    const name = checkSubclusterName(given);
    return this.#change(async (view) => {
      const found = subclusterOf(view, name);
      if (found.name === DEFAULT_SUBCLUSTER)
        throw new Failure('forbidden', `${DEFAULT_SUBCLUSTER} holds the publisher, and stays`);
      if (found.nodes.length > 0) {
        throw new Failure(
          'conflict',
          `${found.name} still holds ${found.nodes.join(' and ')}; assign them to another subcluster, or remove them`,
        );
      }
      return [{ sql: 'delete from subclusters where folded = ?', values: [fold(name)] }];
    });
  }

  /**
   * Enters a subscriber whose software will be installed.
   * @param subcluster it may be assigned later as well
   * @throws {Failure} 'malformed', 'over-limit' when there are enough nodes, 'not-found' for the subcluster, 'conflict' when
   *   that is full
   */
  addNode(given: string, subcluster?: string): Promise<void> {
    const name = checkNodeName(given);
    return this.#change(async (view) => {
      const there = view.nodes.find((node) => node.name === name);
      const into = subcluster === undefined ? there?.subcluster : placeFor(view, subcluster, name);
      if (there !== undefined) return into === there.subcluster ? [] : [this.#assignment(there, into!)];
      if (view.nodes.length >= this.#settings.maxNodes) {
        throw new Failure(
          'over-limit',
          `a cluster has at most ${this.#settings.maxNodes} nodes; remove one, or raise topology.maxNodes`,
        );
      }
      const now = this.#clock.now();
      return [{ sql: INSERT_NODE, values: [name, 'subscriber', into ?? null, 'listed', '', now, now] }];
    });
  }

  /**
   * Takes a subscriber out of the cluster; its certificate is not renewed any more.
   * @throws {Failure} 'forbidden' for the publisher, 'not-found'
   */
  removeNode(given: string): Promise<void> {
    const name = checkNodeName(given);
    return this.#change(async (view) => {
      if (nodeOf(view, name).role === 'publisher')
        throw new Failure('forbidden', `${name} is the publisher, without which there is no cluster`);
      return [{ sql: 'delete from nodes where name = ?', values: [name] }];
    });
  }

  /** @throws {Failure} 'not-found', 'forbidden' for the publisher, 'conflict' when the subcluster is full */
  assign(given: string, subcluster: string): Promise<void> {
    const name = checkNodeName(given);
    return this.#change(async (view) => {
      const node = nodeOf(view, name);
      const into = placeFor(view, subcluster, name);
      if (node.subcluster === into) return [];
      if (node.role === 'publisher')
        throw new Failure('forbidden', `${name} is the publisher, and stays in ${DEFAULT_SUBCLUSTER}`);
      return [this.#assignment(node, into)];
    });
  }

  /**
   * A node has proved that it belongs here and is being given this certificate. The one that it holds is good until it
   * confirms, for either side may end before that.
   * @throws {Failure} 'not-found' when it was removed meanwhile
   */
  async certified(name: string, { release, address, nextCertificate, certificateEndsAt }: Certified): Promise<void> {
    await this.#update(name, {
      sql: `update nodes set state = case when state = 'listed' then 'joining' else state end, release = ?, address = ?,
        next_certificate = ?, certificate_ends_at = ?, changed_at = ? where name = ?`,
      values: [release, address, nextCertificate, certificateEndsAt, this.#clock.now(), name],
    });
  }

  /**
   * The node holds the certificate that it was given.
   * @param certificate its fingerprint
   * @throws {Failure} 'not-found' when the node was removed or given another meanwhile
   */
  async installed(name: string, certificate: string): Promise<void> {
    await this.#update(name, {
      sql: `update nodes set state = 'installed', certificate = next_certificate, next_certificate = '', changed_at = ?
        where name = ? and next_certificate = ?`,
      values: [this.#clock.now(), name, certificate],
    });
  }

  async #update(name: string, statement: Statement): Promise<void> {
    const [result] = await this.#database.write(statement);
    if (result!.changes === 0) throw new Failure('not-found', `${name} is not in the topology any more`);
    this.#tell();
  }

  #assignment({ name }: TopologyNode, subcluster: string): Statement {
    const values = [subcluster, this.#clock.now(), name];
    return { sql: 'update nodes set subcluster = ?, changed_at = ? where name = ?', values };
  }

  #change(plan: (view: TopologyView) => Promise<Statement[]>): Promise<void> {
    return this.#oneAtATime.run(async () => {
      const statements = await plan(await this.show());
      if (statements.length === 0) return;
      await this.#database.write(...statements);
      this.#tell();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function insertSubcluster(name: string, now: number): Statement {
  return {
    sql: 'insert into subclusters (folded, name, created_at) values (?, ?, ?)',
    values: [fold(name), name, now],
  };
}

function subclusterOf({ subclusters }: TopologyView, name: string): Subcluster {
  const found = subclusters.find((one) => fold(one.name) === fold(name));
  if (found !== undefined) return found;
  const names = subclusters.map((one) => one.name).join(', ');
  throw new Failure('not-found', `there is no subcluster ${name}; there are ${names}`);
}

function nodeOf({ nodes }: TopologyView, name: string): TopologyNode {
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  throw new Failure(
    'not-found',
    `there is no node ${name} in the topology; there are ${nodes.map((one) => one.name).join(', ')}`,
  );
}

/** The name of the subcluster as it is written there. */
function placeFor(view: TopologyView, subcluster: string, node: string): string {
  const { name, nodes } = subclusterOf(view, checkSubclusterName(subcluster));
  const others = nodes.filter((one) => one !== node);
  if (others.length >= NODES_OF_SUBCLUSTER) {
    throw new Failure(
      'conflict',
      `${name} has ${NODES_OF_SUBCLUSTER} nodes already, ${others.join(' and ')}; make another with "rollcall topology add-subcluster"`,
    );
  }
  return name;
}

function fold(name: string): string {
  return name.toLowerCase();
}

function readNode(row: Row): TopologyNode {
  return {
    name: row.name as string,
    role: row.role as TopologyNode['role'],
    subcluster: (row.subcluster as string | null) ?? undefined,
    state: row.state as NodeState,
    release: row.release as string,
    address: row.address as string,
    certificate: row.certificate as string,
    nextCertificate: row.next_certificate as string,
    certificateEndsAt: row.certificate_ends_at as number,
    listedAt: row.listed_at as number,
    changedAt: row.changed_at as number,
  };
}
