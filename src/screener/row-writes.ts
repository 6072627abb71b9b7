/**
 * Whether a filter's code might write into a candle's row. Most only read; those get rows that all
 * traders share, frozen. Where this says true, the trader gets copies of its own instead: slower,
 * and nothing else differs.
 *
 * A write to a frozen row fails without a word in sloppy code, so a doubt counts as a write: any
 * assignment to a member of anything, `delete`, and whatever runs code that can't be seen here. The
 * text is looked through as it is, comments and strings included: they can add a doubt, never hide
 * a write. What is left are the built-in functions that change an array, which throw on a frozen
 * one: the caller may then try again with copies, unless the filter itself catches the error.
 */
export function mayWriteRows(code: string): boolean {
  const text = code.replace(DECLARATION, ' ');
  return (
    MEMBER_WRITE.test(text) || UNSEEN.test(text) || (CATCHES.test(text) && ARRAY_CHANGES.test(text))
  );
}

/**
 * Blanks and comments, of which any number may stand between two tokens. Each is matched in one way only: a second one makes
 * the time double with every comment in a row.
 */
const GAP = String.raw`(?:\s|/\*(?:[^*]|\*(?!/))*\*/|//[^\n\r\u2028\u2029]*[\n\r\u2028\u2029])*`;

/** A character of a name. Beyond ASCII any may be one. */
const NAME = String.raw`[\w$\u0080-\uffff]`;

/** Any assignment, but neither a comparison nor an arrow. */
const ASSIGNMENT = String.raw`(?:(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?![=>])|\+\+|--|(?:of|in)\b)`;

/** The end of what is assigned to: an element, a pattern, or a property after its dot, to its last letter: not the `.m` of `.min`. */
const MEMBER = String.raw`(?:[\]})]|\.${GAP}#?${NAME}+(?!${NAME}))`;

/** A step before a member: whatever follows but a name alone. A step behind one may stand before a bracket too, and is doubted. */
const STEP_BEFORE = String.raw`(?:\+\+|--)${GAP}(?:[(\[{]|${NAME}+${GAP}[.\[?({\x60])`;

/**
 * Assignments to members. A comparison such as \`a[i] <= b\` isn't one; a string or a comment that
 * looks like one is taken for it.
 */
const MEMBER_WRITE = new RegExp(`${MEMBER}${GAP}${ASSIGNMENT}|${STEP_BEFORE}`);

/** A declared pattern without defaults, \`const [a, b] =\`: it declares names and writes to nothing else. */
const DECLARATION = new RegExp(
  String.raw`(?<!\.${GAP})\b(?:const|let|var)\s*(?:\[[\w$\s,.]*\]|\{[\w$\s,.:]*\})\s*(?==(?![=>]))`,
  'g',
);

/**
 * What runs code that can't be seen here, or writes without a word: names may be written in escapes, what looks like HTML
 * begins a comment, and \`let\` may be a name (it is one where neither a name nor a pattern follows).
 */
const UNSEEN =
  /\b(?:eval|Function|constructor|Reflect|delete|with|import)\b|\\u|<!--|-->|\blet\b\s*(?![\s/\w$\u0080-\uffff[{])/;

/** What keeps an error from the caller. */
const CATCHES = /\b(?:catch|finally|then|async|Promise)\b/;

/** Functions that change an array or an object, and throw where it is frozen. */
const ARRAY_CHANGES =
  /\b(?:push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|assign|defineProperty|defineProperties|setPrototypeOf|__\w+__)\b|\[(?!\s*[\w$.]+\s*(?:[-+]\s*[\w$.]+\s*)?\])/;
