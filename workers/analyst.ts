import type {AnalysisRequest} from '../src/signals/analyser.js';
import {type AnalysisReply, runAnalysis} from '../src/signals/analysis-task.js';

/** Piscina calls this once a signal. It records nothing: the queue, on the main thread, counts. */
export default function analyse(request: AnalysisRequest): AnalysisReply {
  return runAnalysis(request);
}
