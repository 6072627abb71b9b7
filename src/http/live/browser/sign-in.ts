import {isToken} from '../protocol.js';
import {byId} from './dom.js';

/** Where the token is kept: in this tab, until it is closed. */
const STORAGE_KEY = 'threadtally.token';

const WRONG = 'This is not the token.';

/** Asks for the token and keeps it. */
export class SignIn {
  readonly #form = byId('sign-in') as HTMLFormElement;
  readonly #input = byId('token') as HTMLInputElement;
  readonly #error = byId('sign-in-error');

  constructor(onToken: () => void) {
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      // Pasted, it may have a space about it.
      const token = this.#input.value.trim();
      this.#input.value = '';
      if (!isToken(token)) return this.#refuse();
      sessionStorage.setItem(STORAGE_KEY, token);
      onToken();
    });
  }

  /** What can be no token is none: no header could hold it, and the server would never be asked. */
  get token(): string | undefined {
    const stored = sessionStorage.getItem(STORAGE_KEY);
    return stored !== null && isToken(stored) ? stored : undefined;
  }

  /** Asks; says so where the token that was given is wrong, and forgets it. */
  ask(): void {
    const isWrong = sessionStorage.getItem(STORAGE_KEY) !== null;
    this.#error.textContent = isWrong ? WRONG : '';
    sessionStorage.removeItem(STORAGE_KEY);
    this.#form.hidden = false;
    this.#input.focus();
  }

  hide(): void {
    this.#form.hidden = true;
  }

  #refuse(): void {
    this.#error.textContent = WRONG;
    this.#input.focus();
  }
}
