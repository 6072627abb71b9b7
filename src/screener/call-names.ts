import {reachOf} from './indicator-reach.js';

/** Lists of arguments whose name is kept, an indicator: filters mostly give it the same few, hundreds of times. */
const NAMES_KEPT_MAX = 8;

/** Arguments that a name which is kept may have. */
const ARGUMENTS_MAX = 8;

/** Names calls of an indicator: a call of the same name on the same candles has the same result. */
export class CallNames {
  readonly #indicator: string;
  readonly #kept: CallName[] = [];
  /** Position in `#kept` that the next new one takes. */
  #next = 0;

  constructor(indicator: string) {
    this.#indicator = indicator;
  }

  /** @param args After the candles. @returns Undefined where they are no plain numbers, or undefined. */
  of(args: readonly unknown[]): CallName | undefined {
    for (let i = 0; i < this.#kept.length; i++) {
      const name = this.#kept[i]!;
      if (name.isOf(args)) return name;
    }
    if (!areNumbers(args)) return undefined;
    const name = new CallName(this.#indicator, args);
    if (args.length <= ARGUMENTS_MAX) {
      this.#kept[this.#next] = name;
      this.#next = (this.#next + 1) % NAMES_KEPT_MAX;
    }
    return name;
  }
}

/** An indicator with its arguments. */
class CallName {
  /** Candles at the end of a list on which the result depends; see {@link reachOf}. */
  readonly reach: number;
  readonly #indicator: string;
  readonly #args: readonly (number | undefined)[];
  /** Over a whole series: the very text each time, whose hash V8 then knows. */
  readonly #overAll: string;

  constructor(indicator: string, args: readonly (number | undefined)[]) {
    this.reach = reachOf(indicator, args);
    this.#indicator = indicator;
    this.#args = args;
    this.#overAll = this.#textOf(0, 0);
  }

  isOf(args: readonly unknown[]): boolean {
    if (args.length !== this.#args.length) return false;
    for (let i = 0; i < args.length; i++) if (!Object.is(args[i], this.#args[i])) return false;
    return true;
  }

  /**
   * Over a stretch of a series.
   * @param start Candles before it.
   * @param behind Candles behind it: so that a series that grows is asked the same of the whole as the moment before.
   */
  over(start: number, behind: number): string {
    return start === 0 && behind === 0 ? this.#overAll : this.#textOf(start, behind);
  }

  #textOf(start: number, behind: number): string {
    let text = `${this.#indicator} ${start} ${behind}`;
    for (const arg of this.#args) text += ` ${arg}`;
    return text;
  }
}

function areNumbers(args: readonly unknown[]): args is readonly (number | undefined)[] {
  return args.every(arg => arg === undefined || typeof arg === 'number');
}
