/** What a client may send as a text. */
export const CONTROL_METHODS = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'LIST_SUBSCRIPTIONS',
  'SET_PROPERTY',
  'GET_PROPERTY',
] as const;

/** Echoed in the answer. Integers beyond 2^53 are refused: JSON's numbers couldn't bring them back. */
export type RequestId = number | string | null;

/** A request that is well-formed. */
export type ControlRequest =
  | {method: 'SUBSCRIBE' | 'UNSUBSCRIBE'; streams: string[]; id: RequestId}
  | {method: 'LIST_SUBSCRIPTIONS'; id: RequestId}
  | {method: 'SET_PROPERTY'; combined: boolean; id: RequestId}
  | {method: 'GET_PROPERTY'; id: RequestId};

/**
 * An answer without a result: the codes and messages of web-socket-streams.md. 0: no such property; 1: a property's value is
 * of another type; 2: an invalid request; 3: no JSON.
 */
export interface ControlError {
  code: 0 | 1 | 2 | 3;
  msg: string;
  id?: RequestId;
}

/** Reads a request, or tells why it is none. Never throws. */
export function parseControlRequest(text: string): ControlRequest | ControlError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {code: 3, msg: `Invalid JSON: expected value at ${end(text)}`};
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(`expected a struct at ${end(text)}`);
  }
  const {method, params, id = null} = value as Record<string, unknown>;
  if (method === undefined) return invalid(`missing field \`method\` at ${end(text)}`);
  const known = CONTROL_METHODS.find(candidate => candidate === method);
  if (known === undefined) {
    const expected = CONTROL_METHODS.map(name => `\`${name}\``).join(', ');
    return invalid(`unknown variant \`${method}\`, expected one of ${expected} at ${end(text)}`);
  }
  if (!isId(id)) return invalid('request ID must be an integer, a short string or null');
  return ofMethod(known, {params, id, text});
}

export function isControlError(answer: ControlRequest | ControlError): answer is ControlError {
  return 'code' in answer;
}

function ofMethod(
  method: (typeof CONTROL_METHODS)[number],
  {params, id, text}: {params: unknown; id: RequestId; text: string},
): ControlRequest | ControlError {
  if (method === 'LIST_SUBSCRIPTIONS') return {method, id};
  if (!Array.isArray(params)) return invalid(`missing field \`params\` at ${end(text)}`);
  if (method === 'SUBSCRIBE' || method === 'UNSUBSCRIBE') {
    const areTexts = params.every(param => typeof param === 'string');
    return areTexts ? {method, streams: params, id} : invalid('stream name must be a string');
  }
  return ofProperty(method, {params, id});
}

function ofProperty(
  method: 'SET_PROPERTY' | 'GET_PROPERTY',
  {params, id}: {params: unknown[]; id: RequestId},
): ControlRequest | ControlError {
  const [name, value] = params;
  if (typeof name !== 'string') return invalid('property name must be a string');
  if (params.length > (method === 'SET_PROPERTY' ? 2 : 1)) return invalid('too many parameters');
  if (name !== 'combined') return {code: 0, msg: 'Unknown property', id};
  if (method === 'GET_PROPERTY') return {method, id};
  if (typeof value === 'boolean') return {method, combined: value, id};
  return {code: 1, msg: 'Invalid value type: expected Boolean'};
}

function isId(id: unknown): id is RequestId {
  if (id === null) return true;
  return typeof id === 'string' ? /^[A-Za-z0-9]{0,36}$/.test(id) : Number.isSafeInteger(id);
}

function invalid(what: string): ControlError {
  return {code: 2, msg: `Invalid request: ${what}`};
}

/** Where the text ends, as Binance's parser tells places. */
function end(text: string): string {
  const lines = text.split('\n');
  return `line ${lines.length} column ${lines.at(-1)!.length}`;
}
