/** A picture that the page holds itself. */
const ownPicture = /\ssrc="data:image\/png;base64,[A-Za-z0-9+/]+={0,2}"/;

/** Elements whose presence would mean that a text was taken for markup, or that a page needs something else. */
const unwanted = /^(script|iframe|object|embed|link|img|base|form)$/i;

/**
 * What keeps a page from being well-formed XML, one sentence each: tags that do not match, attributes without quotes,
 * characters that should be entities, and elements and attributes that run or load something.
 */
export function markupProblems(page: string): readonly string[] {
  const problems: string[] = [];
  const open: string[] = [];
  let end = 0;
  for (const tag of page.matchAll(/<(?:!DOCTYPE html>|(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>)/g)) {
    const [whole, closing, name = "", attributes = "", empty] = tag;
    const isPicture = name === "img" && ownPicture.test(attributes);
    const checked = isPicture ? attributes.replace(ownPicture, "") : attributes;
    problems.push(...textProblems(page.slice(end, tag.index)), ...attributeProblems(checked));
    end = tag.index + whole.length;
    if (whole.startsWith("<!")) continue;
    if (unwanted.test(name) && !isPicture) problems.push(`there is an element ${name}`);
    if (closing === "/") {
      const last = open.pop();
      if (last !== name) problems.push(`</${name}> closes ${last}`);
    } else if (empty === "") open.push(name);
  }
  problems.push(...textProblems(page.slice(end)));
  if (open.length > 0) problems.push(`not closed: ${open.join(", ")}`);
  return problems;
}

function textProblems(text: string): readonly string[] {
  return [
    ...(text.includes("<") ? [`"<" in text: ${text.slice(text.indexOf("<")).slice(0, 40)}`] : []),
    ...(/&(?!(amp|lt|gt|quot|#39);)/.test(text) ? [`"&" in text: ${text.slice(text.indexOf("&")).slice(0, 40)}`] : []),
    ...(/[\p{Cc}\p{Cs}]/u.test(text.replace(/[\t\r\n]/g, "")) ? ["a control character in text"] : []),
  ];
}

function attributeProblems(attributes: string): readonly string[] {
  const loading = /\s(on\w+|href|src|srcset|action|style)=/i.exec(attributes);
  return [...textProblems(attributes), ...(loading === null ? [] : [`there is an attribute ${loading[1]}`])];
}
