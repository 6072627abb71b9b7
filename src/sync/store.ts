import type {Row} from './row.js';

/** Why a store can't be used; docs/machine.md has a heading for each. */
export type StoreErrorCode =
  | 'store_unwritable'
  | 'store_not_database'
  | 'store_newer'
  | 'store_locked'
  | 'store_full'
  | 'store_gone'
  | 'store_failed'
  | 'database_unreachable'
  | 'database_refused'
  | 'database_newer'
  | 'row_refused'
  | 'database_failed';

/** A store that can't be opened, read or written. The message is one line: expected, then got. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A trader as a store holds it, not checked yet: the contract's shape is the reader's to see to. */
export interface StoredTrader {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly filter: unknown;
}

/** Keeps what the machine tells, in the tables that `migrations` declare. */
export interface Store {
  /**
   * Writes rows, all or none; those whose id is there already change nothing.
   * @throws StoreError; a row that can never be written has the code `row_refused`.
   */
  write(rows: readonly Row[]): Promise<void>;
  /** All traders, disabled ones too, by their ids. @throws StoreError */
  readTraders(): Promise<StoredTrader[]>;
  /** Makes the table of traders hold exactly these. @throws StoreError */
  replaceTraders(traders: readonly StoredTrader[]): Promise<void>;
  /** Ends the store for good, within `graceMs`; what is being written then may be written or not. */
  close(graceMs?: number): Promise<void>;
}
