/**
 * What a model may be made of, by operator set: arithmetic over tensors whose cost follows their size. Left out are control
 * flow (a loop has no bound that can be read), chance (the same window must give the same score), texts, and sequences.
 */
export const operators: Readonly<
  Record<string, { readonly versions: readonly [number, number]; readonly allowed: ReadonlySet<string> }>
> = {
  'ai.onnx': {
    versions: [11, 23],
    allowed: new Set(
      `Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Clip Concat Constant ConstantOfShape Conv
       ConvTranspose Cos CumSum DequantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather
       GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish
       Identity InstanceNormalization IsInf IsNaN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax MatMul
       Max MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or PRelu Pad Pow QuantizeLinear RNN Range Reciprocal ReduceL1
       ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu
       Reshape Round Selu Shape Sigmoid Sign Sin Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tan Tanh
       Tile TopK Transpose Trilu Unsqueeze Where Xor`.split(/\s+/),
    ),
  },
  'ai.onnx.ml': {
    versions: [1, 5],
    allowed: new Set(
      `ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LabelEncoder LinearClassifier LinearRegressor Normalizer SVMClassifier
       SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor`.split(/\s+/),
    ),
  },
};
