import type { Scene } from './scene.ts';

/** So many are told in one go; a presentity may have ten thousand. */
const AT_ONCE = 8;

/** Tells the next watchers of a scene that it has changed. Who comes while they are told is told, too. */
export function tellSome(scene: Scene): 'more' | undefined {
  scene.telling ??= scene.watchers.values();
  for (let i = 0; i < AT_ONCE; i++) {
    const { done, value } = scene.telling.next();
    if (done) {
      scene.telling = undefined;
      return undefined;
    }
    try {
      value.changed(scene.home);
    } catch (err) {
      scene.home.homes.log.error({ err, account: scene.home.address }, 'a watcher could not be told of a change');
    }
  }
  return 'more';
}
