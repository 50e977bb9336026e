/** What commands see of the machine's side of a server: its folders, its parts, what it counts. main.ts puts it together. */
import type { Metrics } from '#base/metrics.ts';
import type { StoreInspector } from '#store/inspector.ts';

/** A part of a server that is opened and closed by itself while the rest goes on. */
export interface Part {
  /** Whether the settings give it anything to listen on. */
  isConfigured(): boolean;
  isOpen(): boolean;
  /** Why it is closed though it should be open. */
  problem(): string | undefined;
  /** @throws {Failure} where it cannot listen */
  open(): Promise<void>;
  /** Ends what is connected through it, in the manner of its protocol. */
  close(): Promise<void>;
}

/** What was looked at, and what is to be done about it. */
export interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'failed';
  message: string;
  cure?: string;
}

export interface Operations {
  /** The data folder. */
  readonly folder: string;
  /** Holds a folder for each domain with `certificate.pem`. */
  readonly tlsFolder: string;
  /** Where the log is kept, or would be. */
  readonly logFolder: string;
  /** As the product's command line shows it: `9.0.1.10100-1`. */
  readonly release: string;
  readonly store: StoreInspector;
  readonly metrics: Metrics;
  /** By name: 'xmpp', 'sip', 'https', 'http'; empty while no server runs. */
  readonly parts: ReadonlyMap<string, Part>;
  /** What `rollcall check` looks at. */
  check(): Promise<Finding[]>;
  /** Ends the server in good order; undefined where it cannot be ended from within. */
  readonly shutDown?: (() => void) | undefined;
}
