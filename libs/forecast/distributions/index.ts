export { InvalidArgument } from './check.js';
export {
  countCdf,
  countLogPmf,
  countQuantile,
  countQuantiles,
  probabilitiesOfAny,
  probabilityOfAny,
  zeroRate,
} from './counts.js';
export { DispersionAccumulator, type DispersionFit, fitDispersion } from './dispersion.js';
export {
  lognormalCdf,
  lognormalFromMoments,
  lognormalLimitedMoment,
  lognormalMean,
  lognormalQuantile,
} from './lognormal.js';
export { maximize } from './maximize.js';
export { normalCdf, normalPdf, normalQuantile, studentTCdf, studentTQuantile } from './normal.js';
export { sampleCount, sampleGamma } from './sampling.js';
export { betaI, gammaP, gammaQ, lnFactorial, lnGamma } from './special.js';
