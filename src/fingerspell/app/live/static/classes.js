// The probabilities of the classes whose places are read, as if the model knew no others: `Alphabet.narrowed` of Python's core.
export function narrowed(probabilities, read) {
  if (!read || read.length === probabilities.length) return probabilities;
  const kept = Float32Array.from(read, (place) => probabilities[place]);
  const total = kept.reduce((sum, each) => sum + each, 0);
  return kept.map((each) => (total ? each / total : 1 / kept.length));
}
