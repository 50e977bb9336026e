import type { Publication } from '#accounts/device.ts';
import type { Clock } from '#base/clock.ts';
import { SlicedQueue } from '#base/sliced-queue.ts';
import type { Scene } from './scene.ts';
import type { Source } from './source.ts';
import { DELETE_SOURCE, PUT_SOURCE, REFRESH_SOURCE, toValues } from './source-rows.ts';

/** What changes again within this time is written once. */
const WRITE_AFTER_MS = 150;
/** After a write that failed. */
const WRITE_AGAIN_MS = 1000;

/**
 * Brings sources to the disk, shortly after they have changed. Nobody waits for it: whoever publishes does so again
 * before it ends (RFC 3903 §4.1), so that a crash costs at most what was said in its last moments.
 */
export class SourceWriter {
  readonly #clock: Clock;
  readonly #queue: SlicedQueue<Scene>;
  /** Publications that are on disk, so that of a refresh only what is new is written. */
  readonly #written = new WeakSet<Publication>();
  #waiting = new Set<Scene>();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#queue = new SlicedQueue<Scene>((scene) => this.write(scene));
  }

  /**
   * A source is no longer as it is on disk.
   * @param before what is written over, or taken away
   */
  changed(scene: Scene, id: string, before: Source | undefined): void {
    if (before !== undefined && scene.sources.get(id)?.publication !== before.publication) {
      this.#written.delete(before.publication);
    }
    this.touched(scene, id);
  }

  touched(scene: Scene, id: string, afterMs = WRITE_AFTER_MS): void {
    scene.unwritten.add(id);
    if (this.#isStopped) return;
    this.#waiting.add(scene);
    this.#cancel ??= this.#clock.after(afterMs, () => this.#writeAll());
  }

  /** From now on only `write` writes. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** It was read from the disk. */
  isOnDisk({ publication }: Source): void {
    this.#written.add(publication);
  }

  /** Writes what a scene has not written yet. */
  write(scene: Scene): undefined {
    this.#waiting.delete(scene);
    if (scene.unwritten.size === 0) return;
    const { homes, address } = scene.home;
    const ids = [...scene.unwritten];
    scene.unwritten.clear();
    // A home that was dropped has lost its account, or another one is in its place.
    if (homes.loaded(address) !== scene.home) return;
    for (const id of ids) {
      try {
        this.#write(scene, id, scene.sources.get(id));
      } catch (err) {
        homes.log.error({ err, account: address, source: id }, 'a source of presence cannot be kept');
      }
    }
  }

  #write(scene: Scene, id: string, source: Source | undefined): void {
    const { account, homes } = scene.home;
    const { database } = homes;
    const publication = source?.publication;
    const commit =
      source === undefined
        ? database.append(DELETE_SOURCE, [account.id, id])
        : this.#written.has(source.publication)
          ? database.append(REFRESH_SOURCE, [source.tag, source.expiresAt, account.id, id])
          : database.append(PUT_SOURCE, toValues(account.id, source));
    commit.onSettled(() => {
      if (commit.state === 'failed') this.touched(scene, id, WRITE_AGAIN_MS);
      else if (publication !== undefined && scene.sources.get(id)?.publication === publication) {
        this.#written.add(publication);
      }
    });
  }

  #writeAll(): void {
    this.#cancel = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const scene of waiting) this.#queue.push(scene);
  }
}
