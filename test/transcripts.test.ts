import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTranscript, playTranscript } from './support/transcript.ts';

const FOLDER = join(import.meta.dirname, 'transcripts');

for (const file of readdirSync(FOLDER).sort()) {
  if (!file.endsWith('.txt')) continue;
  const transcript = parseTranscript(readFileSync(join(FOLDER, file), 'utf8'));
  test(`${transcript.title} (${file})`, () => playTranscript(transcript));
}
