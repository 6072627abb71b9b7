import {byId} from './dom.js';

/** Where the token is kept: in this tab, until it is closed. */
const STORAGE_KEY = 'threadtally.token';

/** Asks for the token and keeps it. */
export class SignIn {
  readonly #form = byId('sign-in') as HTMLFormElement;
  readonly #input = byId('token') as HTMLInputElement;
  readonly #error = byId('sign-in-error');

  constructor(onToken: () => void) {
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      sessionStorage.setItem(STORAGE_KEY, this.#input.value);
      this.#input.value = '';
      onToken();
    });
  }

  get token(): string | undefined {
    return sessionStorage.getItem(STORAGE_KEY) ?? undefined;
  }

  /** Asks; says so where the token that was given is wrong, and forgets it. */
  ask(): void {
    this.#error.textContent = this.token === undefined ? '' : 'This is not the token.';
    sessionStorage.removeItem(STORAGE_KEY);
    this.#form.hidden = false;
    this.#input.focus();
  }

  hide(): void {
    this.#form.hidden = true;
  }
}
