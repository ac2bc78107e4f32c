use cosmwasm_schema::cw_serde;

/// Fractional bits of every number.
pub const FRACTION_BITS: u32 = 20;

/// Largest feature or target: 1024.0.
pub const LIMIT: i64 = 1 << 30;

/// Largest weight: about a million.
const WEIGHT_LIMIT: i64 = 1 << 40;

/// A linear function and how fast it learns.
#[cw_serde]
pub struct Linear {
    /// One per feature.
    pub weights: Vec<i64>,
    /// Added to every prediction.
    pub bias: i64,
    /// The step is the gradient times `2^-rate_shift`.
    pub rate_shift: u8,
}

impl Linear {
    /// All weights zero.
    pub fn zero(features: u8, rate_shift: u8) -> Linear {
        Linear { weights: vec![0; features.into()], bias: 0, rate_shift }
    }

    /// `bias + Σ weight · feature`.
    pub fn predict(&self, features: &[i64]) -> i64 {
        // 64 products below 2^70 each: far from the end of i128.
        let products = self.weights.iter().zip(features).map(|(weight, x)| product(*weight, *x));
        let sum = products.fold(0_i128, i128::saturating_add) >> FRACTION_BITS;
        clamp(sum.saturating_add(self.bias.into()), i64::MAX)
    }

    /// One step towards `target`; returns the error before it.
    pub fn learn(&mut self, features: &[i64], target: i64) -> i64 {
        let error = target.saturating_sub(self.predict(features)).clamp(-LIMIT, LIMIT);
        let shift = self.rate_shift;
        let step = |weight: i64, x: i64| {
            let gradient = product(error, x) >> FRACTION_BITS >> shift;
            clamp(gradient.saturating_add(weight.into()), WEIGHT_LIMIT)
        };
        for (weight, x) in self.weights.iter_mut().zip(features) {
            *weight = step(*weight, *x);
        }
        self.bias = step(self.bias, 1 << FRACTION_BITS);
        error
    }
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a).saturating_mul(b.into())
}

#[allow(clippy::cast_possible_truncation, reason = "clamped to 64 bits")]
fn clamp(value: i128, limit: i64) -> i64 {
    value.clamp(i128::from(limit).saturating_neg(), limit.into()) as i64
}
