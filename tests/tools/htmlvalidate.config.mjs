// What the pages of a built site must keep. A rule is eased only with its reason; what stock Material writes against a
// rule stands in test_quality.py, each with its place.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    "attribute-boolean-style": "off", // md_in_html writes hidden="hidden": valid
    "doctype-style": ["error", { style: "lowercase" }], // both are valid; Material writes it so
    "void-style": "off", // Python-Markdown closes <img /> and <hr />: valid, and no page can change it
    "valid-id": ["error", { relaxed: true }], // ids of headings come from their words, ids of Material begin with "__"
    "no-inline-style": ["error", { allowedProperties: ["text-align"] }], // Python-Markdown aligns the cells of a column so
    "tel-non-breaking": "off", // our style sheets keep a telephone number on one line
    "long-title": "off", // advice for search engines; a document is called what it is called
  },
};
