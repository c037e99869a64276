//! Columns that are as wide as what is in them.

/// Rows of cells.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these headings.
    pub fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, the headings first, with so many spaces before each. Cells that look like numbers go to the right.
    pub fn lines(&self, indent: usize) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let column = |index: usize| self.rows.iter().filter_map(move |row| row.get(index));
        let widths: Vec<_> = (0..columns)
            .map(|index| column(index).map(|cell| cell.chars().count()).max().unwrap_or_default())
            .collect();
        let is_numeric: Vec<_> =
            (0..columns).map(|index| column(index).skip(1).all(|cell| number(cell))).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).zip(&is_numeric).map(|((cell, width), is_numeric)| {
                let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
                if *is_numeric { format!("{padding}{cell}") } else { format!("{cell}{padding}") }
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            format!("{}{}", " ".repeat(indent), line.trim_end())
        };
        self.rows.iter().map(line).collect()
    }
}

fn number(cell: &str) -> bool {
    cell.starts_with(|first: char| first.is_ascii_digit()) && !cell.starts_with("0x")
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut table = Table::new(&["name", "bytes"]);
        table.row(vec!["a".to_owned(), "5".to_owned()]);
        table.row(vec!["longer".to_owned(), "1024".to_owned()]);
        assert_eq!(table.lines(2), ["  name    bytes", "  a           5", "  longer   1024"]);
    }
}
