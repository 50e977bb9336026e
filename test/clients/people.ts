import { type ServerUnderTest, startServer } from '../support/server-under-test.ts';

const DOMAIN = 'example.test';
export const PASSWORD = 'wherefore art thou';

/** The server on which the people of these tests live. */
export function startTown(...names: string[]): Promise<ServerUnderTest> {
  return startTownWith({}, ...names);
}

/** @param settings  of Rollcall, by key in full */
export function startTownWith(settings: Record<string, string>, ...names: string[]): Promise<ServerUnderTest> {
  return startServer({ domain: DOMAIN, users: names.map((name) => ({ name, password: PASSWORD })), settings });
}

/** For the Python scripts. */
export function townAsJson({ host, ports, domain }: ServerUnderTest): string {
  return JSON.stringify({ host, ...ports, domain, password: PASSWORD });
}
