import type {Backlog} from './backlog.js';
import {type Compress, compressed, GZIP_BYTES_MIN} from './compression.js';
import {oneLine} from './listen-error.js';
import type {Negotiator} from './negotiation.js';
import {
  type Answer,
  BACKLOG_FULL,
  PAGE_FAILED,
  type Page,
  type PageSource,
  type PendingAnswer,
  pageAnswer,
  type Request,
} from './routes.js';

/** What it takes to answer a scrape. */
export interface AnswerParts {
  readonly source: PageSource;
  readonly backlog: Backlog;
  readonly compress: Compress;
  readonly negotiator: Negotiator;
  /** True where the source has collected for this scrape. */
  readonly isCollected: boolean;
  readonly onWarning: (line: string) => void;
}

/** Answers a GET or HEAD of the page. */
export function answerMetrics(request: Request, parts: AnswerParts): Answer | PendingAnswer {
  const collecting = parts.backlog.isFull ? undefined : collected(request, parts);
  if (collecting === undefined) return answerCollected(request, parts);
  const answer = collecting.then(async () => {
    const said = answerCollected(request, {...parts, isCollected: true});
    // A copy: the next rendering may come before it is sent.
    return 'answer' in said ? said.answer : {...said, body: said.body.slice()};
  });
  return {bytes: 0, answer};
}

function answerCollected(request: Request, parts: AnswerParts): Answer | PendingAnswer {
  const sliced = parts.backlog.isFull ? undefined : renderedInSlices(request, parts);
  return sliced === undefined ? answerNow(request, parts) : {bytes: 0, answer: sliced};
}

/** The answer with a long page, if that is what it is. Never rejects. */
function renderedInSlices(request: Request, parts: AnswerParts): Promise<Answer> | undefined {
  const {source, backlog, negotiator, onWarning} = parts;
  const made = async (page: Page) => {
    // Those who waited with this one may have filled it.
    if (backlog.isFull) return refused(onWarning);
    const answer = pageAnswer(page);
    if (!isCompressed(answer, request, parts)) return answer;
    const release = backlog.add(answer.body.length);
    return compressedOr(answer, parts).finally(release);
  };
  try {
    const page = source.renderInSlices?.(negotiator.formatFor(request.accept));
    return page?.then(made).catch((error: unknown) => failed(error, onWarning));
  } catch (error) {
    return Promise.resolve(failed(error, onWarning));
  }
}

/** Never rejects: where collecting fails, the page shows what is known. */
function collected(
  {accept}: Request,
  {source, negotiator, onWarning}: AnswerParts,
): Promise<void> | undefined {
  const failed = (error: unknown) =>
    onWarning(`Expected the source to collect, got ${oneLine(error)}`);
  try {
    return source.collect?.(negotiator.formatFor(accept))?.catch(failed);
  } catch (error) {
    failed(error);
    return undefined;
  }
}

function answerNow(request: Request, parts: AnswerParts): Answer | PendingAnswer {
  const answer = renderAnswer(request, parts);
  if (!isCompressed(answer, request, parts)) return answer;
  // A copy: the next rendering writes over what the pool still reads.
  const whole = {...answer, body: answer.body.slice()};
  return {bytes: whole.body.length, answer: compressedOr(whole, parts)};
}

function isCompressed(
  {body}: Answer,
  {acceptEncoding}: Request,
  {negotiator}: AnswerParts,
): boolean {
  return body.length >= GZIP_BYTES_MIN && negotiator.acceptsGzip(acceptEncoding);
}

/** The answer compressed, or as it is where that fails. */
function compressedOr(answer: Answer, {compress, onWarning}: AnswerParts): Promise<Answer> {
  return compressed(answer, compress).catch(error => {
    onWarning(`Expected the page to compress, got ${oneLine(error)}: it is sent as it is`);
    return answer;
  });
}

function renderAnswer(
  {accept}: Request,
  {source, backlog, negotiator, isCollected, onWarning}: Omit<AnswerParts, 'compress'>,
): Answer {
  if (backlog.isFull) return refused(onWarning);
  try {
    const format = negotiator.formatFor(accept);
    // What was collected for this request isn't on a page that was rendered for another one.
    const shared = !isCollected ? source.renderPageOfTurn?.(format) : undefined;
    return pageAnswer(shared ?? source.renderPage(format));
  } catch (error) {
    return failed(error, onWarning);
  }
}

function refused(onWarning: (line: string) => void): Answer {
  onWarning('Expected scrapers to take their answers, got a full backlog: a scrape was refused');
  return BACKLOG_FULL;
}

function failed(error: unknown, onWarning: (line: string) => void): Answer {
  onWarning(`Expected the page to render, got ${oneLine(error)}`);
  return PAGE_FAILED;
}
