// Sorts a table by the column of `head`: by what `data-key` of a field says, or else by its text.
const sortRows = (head, up) => {
  const body = head.closest("table").tBodies[0];
  const key = (row) => {
    const cell = row.cells[head.cellIndex];
    return cell.dataset.key ?? cell.textContent.trim();
  };
  const compare = (a, b) => {
    const [x, y] = [key(a), key(b)];
    const [p, q] = [Number(x), Number(y)];
    return x !== "" && y !== "" && !isNaN(p - q) ? p - q : x.localeCompare(y);
  };
  const rows = [...body.rows].sort((a, b) => (up ? compare(a, b) : compare(b, a)));
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...rows);
};

// A click on a column's head sorts its table; another one turns the order round.
for (const head of document.querySelectorAll("th:has(> button)")) {
  head.firstElementChild.addEventListener("click", () => {
    sortRows(head, head.getAttribute("aria-sort") !== "ascending");
  });
}
