/** Keeps the HTTP port open, and moves it when its settings change. */
import { type HttpOptions, type HttpServer, startHttp } from './http.ts';

export type ListenerOptions = Omit<HttpOptions, 'port'> & {
  /** Added to the port of the settings. */
  portOffset: number;
};

export class HttpListener {
  #options: ListenerOptions;
  #server: HttpServer | undefined;
  #moving: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  /** @throws {Failure} 'conflict' when the port is taken */
  static async start(options: ListenerOptions): Promise<HttpListener> {
    const listener = new HttpListener(options);
    await listener.#open();
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
    this.#moving = this.#moving.then(async () => {
      await this.#close();
      try {
        await this.#open();
        this.#problem = undefined;
        this.#options.log.info({ port: this.port }, 'the HTTP port was opened anew');
      } catch (err) {
        this.#problem = (err as Error).message;
        this.#options.log.error({ err }, 'the HTTP port could not be opened anew');
      }
    });
    return this.#moving;
  }

  async stop(): Promise<void> {
    await this.#moving;
    await this.#close();
  }

  async #open(): Promise<void> {
    const { settings, portOffset } = this.#options;
    const port = settings.port === 0 ? 0 : settings.port + portOffset;
    this.#server = await startHttp({ ...this.#options, port });
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.stop();
  }
}
