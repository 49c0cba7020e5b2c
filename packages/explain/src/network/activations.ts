/** Functions of one input, element by element. */
export const activations = [
  ..."Abs Celu Clip Elu Erf Exp Gelu HardSigmoid HardSwish LeakyRelu Log Mish PRelu Reciprocal".split(
    " ",
  ),
  ..."Relu Selu Sigmoid Softplus Softsign Sqrt Tanh ThresholdedRelu com.microsoft.Gelu".split(" "),
];
