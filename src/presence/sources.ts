import type { Home } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import { Failure } from '#base/failure.ts';
import { presencePublished } from './hooks.ts';
import { goneNotice, noticeOf } from './notices.ts';
import { type Scene, setEnding } from './scene.ts';
import { rearrange, sceneOf } from './shown.ts';
import type { Source } from './source.ts';
import { upkeepOf } from './upkeep.ts';

/** All sources of an account that have not ended, by id, oldest first. */
export function sourcesOf(home: Home): ReadonlyMap<string, Source> {
  return sceneOf(home).sources;
}

export function sourceOf(home: Home, id: string): Source | undefined {
  return sceneOf(home).sources.get(id);
}

/** The one that was given an entity-tag (RFC 3903 §6). */
export function sourceOfTag(home: Home, tag: string): Source | undefined {
  for (const source of sceneOf(home).sources.values()) if (source.tag === tag) return source;
  return undefined;
}

/**
 * A source says something, or goes on saying it: with the same publication (the same object) it is refreshed, and nobody
 * is told. Its state and entity-tag are on disk within 200 milliseconds.
 * @throws {Failure} 'over-limit' for too many sources or too long a document; 'not-found' when the account is gone; what
 *   a handler that guards has thrown. Nothing has changed then.
 */
export function putSource(home: Home, source: Source): void {
  const scene = sceneOf(home);
  const before = scene.sources.get(source.id);
  check(scene, source, before);
  scene.sources.set(source.id, source);
  if (before === undefined || before.publication !== source.publication) {
    try {
      tellOf(home, source, before);
    } catch (error) {
      if (before === undefined) scene.sources.delete(source.id);
      else scene.sources.set(source.id, before);
      throw error;
    }
  }
  setEnding(scene);
  upkeepOf(home.homes).writer.changed(scene, source.id, before);
}

/** A source says nothing any more. @returns whether there was one */
export function removeSource(home: Home, id: string): boolean {
  const scene = sceneOf(home);
  const before = scene.sources.get(id);
  if (before === undefined) return false;
  scene.sources.delete(id);
  setEnding(scene);
  upkeepOf(home.homes).writer.changed(scene, id, before);
  tellOf(home, undefined, before);
  return true;
}

/** All of them at once: the account is removed or disabled. @param isWritten false: its rows are gone already */
export function removeSources(home: Home, isWritten: boolean): void {
  const scene = sceneOf(home);
  const { writer } = upkeepOf(home.homes);
  const all = [...scene.sources.values()];
  scene.sources.clear();
  setEnding(scene);
  if (isWritten) for (const source of all) writer.changed(scene, source.id, source);
  else scene.unwritten.clear();
  if (all.length > 0) rearrange(home);
}

/** Sources of an account have ended (RFC 3903 §4.4, §6.4): they are taken away, and all who see it are told. */
export function endSources(home: Home): void {
  const { clock } = home.homes;
  if (home.homes.loaded(home.address) !== home) return;
  const scene = sceneOf(home);
  for (const { id, expiresAt } of [...scene.sources.values()]) if (expiresAt <= clock.now()) removeSource(home, id);
  setEnding(scene);
}

/** Lets sources end when their time has come. */
export function startEndings(homes: Homes): void {
  upkeepOf(homes).whenEnded = (home) => {
    try {
      endSources(home);
    } catch (err) {
      homes.log.error({ err, account: home.address }, 'what has ended could not be taken away');
    }
  };
}

function tellOf(home: Home, source: Source | undefined, before: Source | undefined): void {
  const publication = source?.publication;
  const notice = publication === undefined ? goneNotice(home, before!.id) : noticeOf(home, publication);
  const change = {
    home,
    device: undefined,
    source: source ?? before!,
    publication,
    before: before?.publication,
    notice,
  };
  home.homes.hooks.run(presencePublished, change);
}

function check({ home, sources }: Scene, source: Source, before: Source | undefined): void {
  if (home.homes.loaded(home.address) !== home) throw new Failure('not-found', `${home.address} is gone`);
  const { maxSources, maxDocumentLength } = upkeepOf(home.homes).settings;
  if (before === undefined && sources.size >= maxSources) {
    throw new Failure('over-limit', `an account has ${maxSources} publications at most`);
  }
  if ((source.publication.native?.payload.length ?? 0) > maxDocumentLength) {
    throw new Failure('over-limit', `a presence document may have ${maxDocumentLength} characters`);
  }
}
