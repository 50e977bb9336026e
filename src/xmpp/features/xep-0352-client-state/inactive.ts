import type { Handover, PresenceNotice } from '#accounts/device.ts';
import type { Gate, Session } from '../../session.ts';
import { passingState } from './passing.ts';

export interface InactiveSettings {
  readonly holdPresence: boolean;
  readonly holdChatStates: boolean;
  /** Of all that is held. */
  readonly maxHeldBytes: number;
}

/**
 * What a client that nobody looks at need not be told now: of everybody only the newest presence and the newest chat
 * state. It is sent, in the order of the latest changes, before anything else is, or when it has become too much.
 */
export class Inactive implements Gate {
  #session: Session;
  #settings: InactiveSettings;
  /** By what makes an older one worthless; oldest first. */
  #held = new Map<string, string>();
  /** In characters, which are bytes nearly always. */
  #heldBytes = 0;

  constructor(session: Session, settings: InactiveSettings) {
    this.#session = session;
    this.#settings = settings;
  }

  message(text: string, message: Handover): boolean {
    if (!this.#settings.holdChatStates) return true;
    const state = passingState(message);
    return state === undefined || this.#hold(`message ${state}`, text);
  }

  presence(text: string, { from, device }: PresenceNotice): boolean {
    const isOwn = device === this.#session.id && from === this.#session.home.address;
    return isOwn || !this.#settings.holdPresence || this.#hold(`presence ${from}/${device}`, text);
  }

  flush(): void {
    if (this.#held.size === 0) return;
    const texts = [...this.#held.values()];
    this.#held.clear();
    this.#heldBytes = 0;
    for (const text of texts) this.#session.sendText(text);
  }

  /** @returns whether it is to be sent now: there is no room for it */
  #hold(key: string, text: string): boolean {
    this.#heldBytes += text.length - (this.#held.get(key)?.length ?? 0);
    this.#held.delete(key);
    if (this.#heldBytes > this.#settings.maxHeldBytes) {
      this.#heldBytes -= text.length;
      return true;
    }
    this.#held.set(key, text);
    return false;
  }
}
