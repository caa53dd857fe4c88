//! Whether two sets of times can be told apart.

/// Above this they are told apart.
pub(super) const MOST: f64 = 4.5;

/// Compares two samples, less the slowest tenth of each, in which the machine was doing something else: Welch's t.
pub(super) fn compare(left: &[f64], right: &[f64]) -> f64 {
    welch(&trimmed(left), &trimmed(right))
}

fn trimmed(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_unstable_by(f64::total_cmp);
    times.truncate(times.len() * 9 / 10);
    times
}

fn welch(left: &[f64], right: &[f64]) -> f64 {
    let count = |sample: &[f64]| f64::from(u32::try_from(sample.len()).unwrap_or(u32::MAX));
    let mean = |sample: &[f64]| sample.iter().sum::<f64>() / count(sample);
    let variance = |sample: &[f64]| {
        let mean = mean(sample);
        sample.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count(sample) - 1.0)
    };
    let error = variance(left) / count(left) + variance(right) / count(right);
    (mean(left) - mean(right)) / error.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows() {
        let sample =
            |shift: f64| -> Vec<f64> { (0..1000).map(|number| f64::from(number % 10) + shift).collect() };
        assert!(welch(&sample(0.0), &sample(0.0)).abs() < 0.1);
        assert!(welch(&sample(0.0), &sample(2.0)).abs() > MOST);
    }
}
