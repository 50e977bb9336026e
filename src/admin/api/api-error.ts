import { HttpError } from '#base/http-routes.ts';

/** An error that is answered with header fields of its own. */
export class ApiError extends HttpError {
  readonly headers: Readonly<Record<string, string>>;

  /** @param message one sentence, for the person who asked */
  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string>>) {
    super(statusCode, message);
    this.headers = headers;
  }
}
