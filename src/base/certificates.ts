import { constants, X509Certificate } from 'node:crypto';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { Failure } from './failure.ts';
import type { Log } from './log.ts';

export interface CertificateSettings {
  /** Path of a file of CA certificates for clients, or ''. */
  readonly clientCertificates: string;
  /** In OpenSSL's form. */
  readonly tlsGroups: string;
}

/** What a connection is made with: OpenSSL's context, and the certificate that it shows. */
export interface ServerCertificate {
  readonly context: SecureContext;
  readonly certificate: X509Certificate;
  /** What other contexts are made of that show this certificate, and differ in whom they trust. */
  readonly options: SecureContextOptions;
}

/** RFC 7590, RFC 9325: TLS 1.2 with forward secrecy and authenticated encryption, or 1.3. */
const STRONG: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers:
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:' +
    'ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL',
  honorCipherOrder: true,
  // To resume TLS 1.3 saves neither a round trip nor CPU time with P-256; tickets cost both ends a little each time.
  secureOptions: constants.SSL_OP_NO_TICKET,
};

/** A renewal writes several files; they are read once the last has come to rest. */
const REST_MS = 250;

/**
 * The certificates of all domains, by name, kept up to date with their files. A renewed one holds for every new
 * connection from then on; a broken one is refused and the old one stays.
 */
export class Certificates {
  #contexts = new Map<string, ServerCertificate>();
  #folder: string;
  #domains: readonly string[];
  #settings: CertificateSettings;
  #log: Log;
  #watchers: { close(): void }[] = [];
  #rest: NodeJS.Timeout | undefined;
  /** What is wrong with files that could not be taken, by domain; empty when all is well. */
  readonly problems = new Map<string, string>();

  /**
   * @param folder    holds a folder for each domain with key.pem and certificate.pem
   * @param settings  read at each reload
   * @throws {Failure} when the first domain has no usable certificate
   */
  constructor(folder: string, domains: readonly string[], settings: CertificateSettings, log: Log) {
    this.#folder = folder;
    this.#domains = domains;
    this.#settings = settings;
    this.#log = log;
    this.reload();
    if (!this.#contexts.has(domains[0]!)) {
      throw new Failure('not-found', `no usable certificate for ${domains[0]}: ${this.problems.get(domains[0]!)}`);
    }
    for (const domain of domains) this.#watch(join(folder, domain));
  }

  /** The context for a name that a client asks for (SNI); the first domain's where it asks for none of ours. */
  for(serverName: string | undefined): ServerCertificate {
    return this.#contexts.get(serverName ?? '') ?? this.#contexts.get(this.#domains[0]!)!;
  }

  get hasChoice(): boolean {
    return this.#contexts.size > 1;
  }

  reload(): void {
    for (const domain of this.#domains) {
      try {
        this.#contexts.set(domain, this.#read(domain));
        this.problems.delete(domain);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.problems.set(domain, reason);
        this.#log.error({ domain, reason }, 'the certificate could not be read; the one before stays in use');
      }
    }
  }

  close(): void {
    clearTimeout(this.#rest);
    for (const watcher of this.#watchers) watcher.close();
  }

  #read(domain: string): ServerCertificate {
    const folder = join(this.#folder, domain);
    const { clientCertificates: ca, tlsGroups } = this.#settings;
    const cert = readFileSync(join(folder, 'certificate.pem'));
    const key = readFileSync(join(folder, 'key.pem'));
    const options = { key, cert, ecdhCurve: tlsGroups, ...STRONG };
    return {
      context: createSecureContext({ ...options, ...(ca !== '' && { ca: readFileSync(ca) }) }),
      certificate: new X509Certificate(cert),
      options,
    };
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(this.#rest);
        this.#rest = setTimeout(() => {
          this.reload();
          this.#log.info({ folder }, 'certificates read again');
        }, REST_MS).unref();
      });
      watcher.on('error', (err) => this.#log.warn({ err, folder }, 'this folder is not watched any more'));
      this.#watchers.push(watcher);
    } catch (err) {
      this.#log.warn({ err, folder }, 'this folder cannot be watched; restart after renewing its certificate');
    }
  }
}
