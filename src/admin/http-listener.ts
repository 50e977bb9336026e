/** Keeps a port open, and moves it when its settings change. */
import type { Log } from '#base/log.ts';
import type { HttpServer } from './http.ts';

export interface ListenerOptions {
  /** 'HTTP', 'HTTPS'. */
  name: string;
  log: Log;
  /** Listens as the settings say now; undefined where they say that it does not. */
  open(): Promise<HttpServer | undefined>;
}

export class HttpListener {
  #options: ListenerOptions;
  #server: HttpServer | undefined;
  #moving: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  /** @throws {Failure} 'conflict' when the port is taken */
  static async start(options: ListenerOptions): Promise<HttpListener> {
    const listener = new HttpListener(options);
    listener.#server = await options.open();
    return listener;
  }

  private constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** 0 while it is closed. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Why it is closed though it should not be; what asks about health over the control socket sees it. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Listens as the settings say now; where that fails it says so, and stays closed until they change again. */
  move(): Promise<void> {
    const { name, log, open } = this.#options;
    this.#moving = this.#moving.then(async () => {
      await this.#close();
      try {
        this.#server = await open();
        this.#problem = undefined;
        log.info({ port: this.port }, `the ${name} port was opened anew`);
      } catch (err) {
        this.#problem = (err as Error).message;
        log.error({ err }, `the ${name} port could not be opened anew`);
      }
    });
    return this.#moving;
  }

  /** Closes the port until `move` is asked for. */
  async close(): Promise<void> {
    this.#moving = this.#moving.then(() => this.#close());
    await this.#moving;
  }

  async stop(): Promise<void> {
    await this.#moving;
    await this.#close();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }
}
