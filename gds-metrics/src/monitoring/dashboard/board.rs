//! Panels with ids, in a grid of 24 columns.

use serde_json::{Value, json};

use super::{
    super::names,
    queries::{Query, increases},
};

const COLUMNS: u32 = 24;
const HEIGHT: u32 = 8;

/// Colours of the status classes.
const STATUS_COLOURS: [(&str, &str); 6] = [
    ("/^(1|2)(..|xx)/", "green"),
    ("/^3(..|xx)/", "blue"),
    ("/^4([0-8].|9[0-8]|xx)/", "yellow"),
    ("/^499/", "orange"),
    ("/^5(..|xx)/", "red"),
    ("/last week/", "text"),
];

pub(super) fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

#[derive(Default)]
pub(super) struct Board {
    /// Whether the next panels have OpenTelemetry's label names.
    pub(super) opentelemetry: bool,
    panels: Vec<Value>,
    /// The collapsed row that new panels are added to.
    folded: Option<Value>,
    last_id: u32,
    /// The position of the next panel.
    x: u32,
    y: u32,
    /// The height of the tallest panel in the current line.
    line: u32,
}

/// The properties that all panels have.
pub(super) struct Panel<'a> {
    pub(super) title: &'a str,
    pub(super) description: &'a str,
    pub(super) unit: &'a str,
    pub(super) width: u32,
}

impl<'a> Panel<'a> {
    pub(super) fn new(title: &'a str, description: &'a str, unit: &'a str, width: u32) -> Self {
        Self {
            title,
            description,
            unit,
            width,
        }
    }
}

/// The style of the lines.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Plain,
    Stacked,
    /// Plain, with a visible range below zero.
    Signed,
    /// In the colours of the status classes.
    Classes,
    StackedClasses,
}

/// A column of a table: its query, title and unit.
pub(super) type Column<'a> = (String, &'a str, &'a str);

impl Board {
    /// Begins a collapsed row. Panels that are added later belong to it.
    pub(super) fn row(&mut self, title: &str) {
        self.close();
        self.last_id += 1;
        self.folded = Some(json!({
            "collapsed": true,
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": self.y},
            "id": self.last_id,
            "panels": [],
            "title": title,
            "type": "row",
        }));
        self.y += 1;
    }

    fn close(&mut self) {
        self.y += self.line;
        (self.x, self.line) = (0, 0);
        self.panels.extend(self.folded.take());
    }

    pub(super) fn finish(mut self) -> Vec<Value> {
        self.close();
        self.panels
    }

    pub(super) fn lines(&mut self, panel: &Panel<'_>, style: Style, queries: &[Query]) {
        let is_stacked = matches!(style, Style::Stacked | Style::StackedClasses);
        let mut custom = json!({
            "fillOpacity": if is_stacked { 30 } else { 8 },
            "lineWidth": 1,
            "showPoints": "never",
        });
        if is_stacked {
            custom["stacking"] = json!({"mode": "normal"});
        }
        let mut defaults = json!({"custom": custom});
        if style != Style::Signed {
            defaults["min"] = 0.into();
        }
        let overrides = match style {
            Style::Classes | Style::StackedClasses => STATUS_COLOURS.map(fixed_colour).into(),
            _ => Vec::new(),
        };
        let options = json!({
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true},
            "tooltip": {"mode": "multi", "sort": "desc"},
        });
        self.add(
            "timeseries",
            panel,
            HEIGHT,
            json!({
                "fieldConfig": {"defaults": defaults, "overrides": overrides},
                "options": options,
                "targets": targets(queries, Form::Lines),
            }),
        );
    }

    /// One number for each query. It is red from `red` on.
    pub(super) fn stat(&mut self, panel: &Panel<'_>, red: Option<f64>, query: Query) {
        let mut steps = vec![json!({"color": "green", "value": null})];
        steps.extend(red.map(|value| json!({"color": "red", "value": value})));
        self.number(panel, 5, "area", "auto", &steps, query);
    }

    /// The names of a query's series.
    pub(super) fn names(&mut self, panel: &Panel<'_>, height: u32, query: Query) {
        let steps = [json!({"color": "green", "value": null})];
        self.number(panel, height, "none", "name", &steps, query);
    }

    fn number(
        &mut self,
        panel: &Panel<'_>,
        height: u32,
        graph: &str,
        text: &str,
        steps: &[Value],
        query: Query,
    ) {
        let thresholds = json!({"mode": "absolute", "steps": steps});
        self.add(
            "stat",
            panel,
            height,
            json!({
                "fieldConfig": {"defaults": {"thresholds": thresholds}, "overrides": []},
                "options": {
                    "colorMode": "value",
                    "graphMode": graph,
                    "reduceOptions": {"calcs": ["lastNotNull"]},
                    "textMode": text,
                },
                "targets": targets(&[query], Form::Lines),
            }),
        );
    }

    pub(super) fn heat_map(&mut self, panel: &Panel<'_>, metric: &str, selected: &str) {
        let query = (increases(metric, selected), "{{le}}".to_owned());
        // The numbers in the cells are counts. The unit is the unit of the axis.
        let options = json!({
            "calculate": false,
            "cellGap": 1,
            "color": {"mode": "scheme", "scheme": "Blues"},
            "yAxis": {"unit": panel.unit},
        });
        let cells = Panel {
            unit: "short",
            ..*panel
        };
        self.add(
            "heatmap",
            &cells,
            HEIGHT,
            json!({
                "fieldConfig": {"defaults": {}, "overrides": []},
                "options": options,
                "targets": targets(&[query], Form::HeatMap),
            }),
        );
    }

    /// A table with one row for each path, sorted by the first column.
    pub(super) fn table(&mut self, panel: &Panel<'_>, columns: &[Column<'_>]) {
        let mut renamed = json!({"path": "Route"});
        let mut excluded = json!({});
        for (at, (_, title, _)) in (1..).zip(columns) {
            renamed[format!("Value #{}", letter(at - 1))] = (*title).into();
            excluded[format!("Time {at}")] = true.into();
        }
        let overrides = columns.iter().map(|(_, title, unit)| {
            json!({
                "matcher": {"id": "byName", "options": title},
                "properties": [{"id": "unit", "value": unit}],
            })
        });
        let overrides: Vec<Value> = overrides.collect();
        let queries: Vec<Query> = columns
            .iter()
            .map(|(expr, title, _)| (expr.clone(), (*title).to_owned()))
            .collect();
        let first = columns.first().map(|(_, title, _)| *title);
        self.add("table", panel, HEIGHT, json!({
            "fieldConfig": {"defaults": {}, "overrides": overrides},
            "options": {"showHeader": true, "sortBy": [{"desc": true, "displayName": first}]},
            "targets": targets(&queries, Form::Table),
            "transformations": [
                {"id": "joinByField", "options": {"byField": "path", "mode": "outer"}},
                {"id": "organize", "options": {"excludeByName": excluded, "renameByName": renamed}},
            ],
        }));
    }

    /// Adds a panel of this type. `specific` contains the properties that only this type has.
    fn add(&mut self, kind: &str, panel: &Panel<'_>, height: u32, mut specific: Value) {
        if self.x + panel.width > COLUMNS {
            self.y += self.line;
            (self.x, self.line) = (0, 0);
        }
        self.last_id += 1;
        specific["datasource"] = source();
        specific["description"] = panel.description.into();
        specific["fieldConfig"]["defaults"]["unit"] = panel.unit.into();
        specific["gridPos"] = json!({"h": height, "w": panel.width, "x": self.x, "y": self.y});
        specific["id"] = self.last_id.into();
        specific["title"] = panel.title.into();
        specific["type"] = kind.into();
        if self.opentelemetry {
            rename(&mut specific);
        }
        self.x += panel.width;
        self.line = self.line.max(height);
        match self
            .folded
            .as_mut()
            .and_then(|row| row["panels"].as_array_mut())
        {
            Some(panels) => panels.push(specific),
            None => self.panels.push(specific),
        }
    }
}

/// Renames the labels of a panel to OpenTelemetry's names.
fn rename(panel: &mut Value) {
    // Not with `[…]`, which would insert a missing key.
    let targets = panel.get_mut("targets").and_then(Value::as_array_mut);
    for target in targets.into_iter().flatten() {
        for (name, renamed) in [
            ("expr", names::query as fn(&str) -> String),
            ("legendFormat", names::template),
        ] {
            if let Some(Value::String(text)) = target.get_mut(name) {
                *text = renamed(text);
            }
        }
    }
    let transformations = panel.get_mut("transformations");
    let transformations = transformations.and_then(Value::as_array_mut);
    for transformation in transformations.into_iter().flatten() {
        if let Some(Value::String(field)) = transformation.pointer_mut("/options/byField") {
            *field = names::label(field).to_owned();
        }
        if let Some(Value::Object(renamed)) = transformation.pointer_mut("/options/renameByName")
            && let Some(title) = renamed.remove("path")
        {
            renamed.insert(names::label("path").to_owned(), title);
        }
    }
}

fn fixed_colour((pattern, colour): (&str, &str)) -> Value {
    let fixed = json!({"fixedColor": colour, "mode": "fixed"});
    json!({
        "matcher": {"id": "byRegexp", "options": pattern},
        "properties": [{"id": "color", "value": fixed}],
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Lines,
    HeatMap,
    Table,
}

fn targets(queries: &[Query], form: Form) -> Vec<Value> {
    let target = |(at, (expr, legend)): (u8, &Query)| {
        let mut target = json!({
            "datasource": source(),
            "expr": expr,
            "instant": form == Form::Table,
            "legendFormat": legend,
            "range": form != Form::Table,
            "refId": letter(at),
        });
        match form {
            // If the service has exemplars, a click on a slow request leads to its trace.
            Form::Lines if expr.contains("_bucket") => target["exemplar"] = true.into(),
            Form::Lines => {}
            Form::HeatMap => target["format"] = "heatmap".into(),
            Form::Table => target["format"] = "table".into(),
        }
        target
    };
    (0..).zip(queries).map(target).collect()
}

/// The id of a query in its panel.
fn letter(at: u8) -> String {
    char::from(b'A'.saturating_add(at)).to_string()
}
