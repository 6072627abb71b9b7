import {defineFamily, type FamilyOptions, type FamilyType} from '../../src/metrics/family.js';
import {OpenMetricsPage} from '../../src/metrics/open-metrics-page.js';
import {TextPage} from '../../src/metrics/text-page.js';
import {type TotalFamily, type TotalSeries, Totals} from '../../src/metrics/totals.js';

const WRITER = {};

/** Totals written by hand, and their pages. */
export class HandWritten {
  readonly writer = WRITER;
  readonly totals: Totals;
  readonly page: TextPage;
  readonly openMetricsPage: OpenMetricsPage;

  constructor(totals = new Totals()) {
    this.totals = totals;
    this.page = new TextPage(totals);
    this.openMetricsPage = new OpenMetricsPage(totals);
  }

  family(type: FamilyType, options: FamilyOptions): TotalFamily {
    return this.totals.declareFamily(defineFamily(type, options)) as TotalFamily;
  }

  series(family: TotalFamily, ...labels: (string | undefined)[]): TotalSeries {
    return this.totals.join(family, labels, WRITER, {rank: 0})!;
  }

  /** A gauge without labels. */
  level(): TotalSeries {
    return this.series(this.family('gauge', {name: 'level', help: 'L'}));
  }

  set(series: TotalSeries, value: number): void {
    this.totals.set(series, WRITER, value);
  }

  text(): string {
    return decode(this.page.render());
  }

  openMetrics(): string {
    return decode(this.openMetricsPage.render());
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
}
