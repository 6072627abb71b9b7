import {StoreError, type StoreErrorCode} from './store.js';

/** From the main thread: a call of a method of what the thread serves. */
export interface ThreadCall {
  readonly call: number;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

/** An error on its way between threads, which keep of an object of a class nothing but its fields. */
export interface WireError {
  /** Undefined where it is no {@link StoreError}, and so a bug. */
  readonly code: StoreErrorCode | undefined;
  readonly message: string;
}

/** To the main thread: whether the thread could begin, as call 0, and then what each call came to. */
export type ThreadReply =
  | {readonly call: number; readonly result: unknown}
  | {readonly call: number; readonly error: WireError};

/** @param error What was thrown. */
export function wireErrorOf(error: unknown): WireError {
  const code = error instanceof StoreError ? error.code : undefined;
  return {code, message: error instanceof Error ? error.message : String(error)};
}

/** The error that another thread met. */
export function errorOf({code, message}: WireError): Error {
  return code === undefined ? new Error(message) : new StoreError(code, message);
}
