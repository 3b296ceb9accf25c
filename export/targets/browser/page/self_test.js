// The bundle's golden pictures: whether this browser gives the answers that LiteRT gave where the bundle was made.

import {readPicture} from "./pictures.js";

// Returns lines, one a picture: {image, signature, fault}, the fault null where all is well.
export async function selfTest(classifier, fetched) {
  const {sets, answers} = await (await fetched("golden/golden.json")).json();
  const lines = [];
  for (const row of answers.filter(({file}) => file === classifier.entry.file)) {
    const [channels] = sets[row.set].shape.slice(2);
    for (const [at, image] of sets[row.set].images.entries()) {
      const picture = await readPicture(await (await fetched(image)).blob(), channels);
      const name = row.signature in classifier.signatures ? row.signature : classifier.nearest(picture);
      const {stored} = await classifier.classify(picture, name);
      lines.push({image, fault: difference([...stored], row.expected[at], row.tolerance)});
    }
  }
  return lines;
}

function difference(got, expected, tolerance) {
  if (got.length !== expected.length) return `expected ${expected.length} numbers, got ${got.length}`;
  const best = (values) => values.indexOf(Math.max(...values));
  const off = got.map((value, index) => Math.abs(value - expected[index]));
  const worst = best(off);
  if (!off.every((each) => each <= tolerance)) return `expected ${expected[worst]} at ${worst}, got ${got[worst]}`;
  const [right, answer] = [best(expected), best(got)];
  return expected[right] - expected[answer] > tolerance ? `expected class ${right}, got ${answer}` : null;
}
